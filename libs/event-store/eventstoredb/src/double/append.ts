import sharedPb from "@eventstore/db-client/generated/shared_pb.js";
import streamsPb, { type AppendReq } from "@eventstore/db-client/generated/streams_pb.js";
import { type handleClientStreamingCall, Metadata, status } from "@grpc/grpc-js";
import type { Decision, DoubleLog, Expected, Proposed } from "./log.ts";

/** What the double does with appends besides doing them. */
export interface Mishaps {
  /** Answers lost after the append was done: the caller learns nothing and must ask again. */
  loseAnswers: number;
  /** Appends done and never answered, the connection left standing. */
  silent: number;
  /** Appends refused as by a node that is not the leader; it names itself as the leader. */
  notLeader: number;
}

/** What the server does when the caller asked for the leader and this node is none. */
function notLeader(address: string): { code: number; details: string; metadata: Metadata } {
  const [host = "", port = ""] = address.split(":");
  const metadata = new Metadata();
  metadata.set("exception", "not-leader");
  metadata.set("leader-endpoint-host", host);
  metadata.set("leader-endpoint-port", port);
  return { code: status.NOT_FOUND, details: "Leader info available", metadata };
}

/** True once for each of a kind of mishap still to happen. */
function happens(mishaps: Mishaps, kind: keyof Mishaps): boolean {
  if (mishaps[kind] === 0) return false;
  mishaps[kind] -= 1;
  return true;
}

/** `Append`: a header, the events one by one, one answer. */
export function appendHandler(log: DoubleLog, mishaps: Mishaps): handleClientStreamingCall<AppendReq, streamsPb.AppendResp> {
  return (call, answer) => {
    let header: AppendReq.Options | undefined;
    const events: Proposed[] = [];
    call.on("data", (part: AppendReq) => {
      header ??= part.getOptions();
      const message = part.getProposedMessage();
      if (message !== undefined) events.push(proposed(message));
    });
    call.on("end", () => {
      if (happens(mishaps, "notLeader")) return answer(notLeader(call.getHost()));
      const stream = nameOf(header?.getStreamIdentifier());
      const expected: Expected =
        header?.hasNoStream() === true ? "no-stream" : header?.hasAny() === true ? "any" : Number(header?.getRevision());
      const decision = log.append(stream, expected, events);
      if (happens(mishaps, "loseAnswers")) return answer({ code: status.UNAVAILABLE, details: "connection dropped" });
      if (happens(mishaps, "silent")) return;
      answer(null, appendAnswer(decision));
    });
  };
}

function proposed(message: AppendReq.ProposedMessage): Proposed {
  return {
    id: message.getId()?.getString() ?? "",
    type: message.getMetadataMap().get("type") ?? "",
    contentType: message.getMetadataMap().get("content-type") ?? "",
    data: message.getData_asU8(),
    metadata: message.getCustomMetadata_asU8(),
  };
}

function nameOf(identifier: sharedPb.StreamIdentifier | undefined): string {
  return Buffer.from(identifier?.getStreamName_asU8() ?? []).toString("utf8");
}

function appendAnswer(decision: Decision): streamsPb.AppendResp {
  const answer = new streamsPb.AppendResp();
  if (decision.kind === "success") {
    const position = new streamsPb.AppendResp.Position();
    position.setCommitPosition(String(decision.position)).setPreparePosition(String(decision.position));
    return answer.setSuccess(new streamsPb.AppendResp.Success().setCurrentRevision(String(decision.revision)).setPosition(position));
  }
  const wrong = new streamsPb.AppendResp.WrongExpectedVersion();
  if (decision.actual === undefined) wrong.setCurrentNoStream(new sharedPb.Empty());
  else wrong.setCurrentRevision(String(decision.actual));
  return answer.setWrongExpectedVersion(wrong);
}
