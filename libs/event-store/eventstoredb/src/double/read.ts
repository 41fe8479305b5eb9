import sharedPb from "@eventstore/db-client/generated/shared_pb.js";
import streamsPb, { type ReadReq, type ReadResp } from "@eventstore/db-client/generated/streams_pb.js";
import type { ServerWritableStream } from "@grpc/grpc-js";
import type { DoubleLog, DoubleRecord } from "./log.ts";

const { Options } = streamsPb.ReadReq;
type Call = ServerWritableStream<ReadReq, ReadResp>;

/** `Read`: a stream or $all, forwards or backwards, filtered or not, once or live. */
export function readHandler(log: DoubleLog): (call: Call) => void {
  return (call) => {
    const options = call.request.getOptions() ?? new Options();
    if (options.hasStream()) readStream(log, call, options);
    else if (options.hasSubscription()) subscribe(log, call, options);
    else readAll(log, call, options);
  };
}

function readStream(log: DoubleLog, call: Call, options: ReadReq.Options): void {
  const wanted = options.getStream();
  const stream = Buffer.from(wanted?.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString("utf8");
  const records = log.ofStream(stream);
  if (records.length === 0) {
    const missing = new streamsPb.ReadResp.StreamNotFound().setStreamIdentifier(wanted?.getStreamIdentifier());
    call.write(new streamsPb.ReadResp().setStreamNotFound(missing));
  } else {
    const ordered = backwards(options) ? records.toReversed() : records.filter(({ revision }) => revision >= Number(wanted?.getRevision()));
    for (const record of ordered.slice(0, Number(options.getCount()))) call.write(eventAnswer(record));
  }
  call.end();
}

/** A read begins with the record at its position. */
function readAll(log: DoubleLog, call: Call, options: ReadReq.Options): void {
  const from = options.getAll()?.getPosition();
  const passes = filterOf(options);
  const ordered = backwards(options) ? log.records.toReversed() : log.records;
  const found = ordered.filter((record) => record.position >= Number(from?.getCommitPosition() ?? 0) && passes(record));
  for (const record of found.slice(0, Number(options.getCount()))) call.write(eventAnswer(record));
  call.end();
}

/** A subscription begins after its position, and tells how far it has looked whenever it has looked at a whole window. */
function subscribe(log: DoubleLog, call: Call, options: ReadReq.Options): void {
  const all = options.getAll();
  const passes = filterOf(options);
  const window = (options.getFilter()?.getMax() ?? 32) * (options.getFilter()?.getCheckpointintervalmultiplier() ?? 1);
  const position = Number(all?.getPosition()?.getCommitPosition() ?? -1);
  let next = all?.hasEnd() === true ? log.records.length : log.records.findIndex((record) => record.position > position);
  if (next < 0) next = log.records.length;
  let looked = 0;
  call.write(
    new streamsPb.ReadResp().setConfirmation(new streamsPb.ReadResp.SubscriptionConfirmation().setSubscriptionId(crypto.randomUUID())),
  );
  const push = () => {
    for (; next < log.records.length; next += 1) {
      const record = log.records[next];
      if (record === undefined) return;
      if (passes(record)) call.write(eventAnswer(record));
      looked += 1;
      if (looked % window === 0) call.write(checkpointAnswer(record.position));
    }
  };
  push();
  const stop = log.onAppended(push);
  call.on("cancelled", stop);
  call.on("close", stop);
}

function backwards(options: ReadReq.Options): boolean {
  return options.getReadDirection() === Options.ReadDirection.BACKWARDS;
}

function filterOf(options: ReadReq.Options): (record: DoubleRecord) => boolean {
  const filter = options.getFilter();
  if (filter === undefined) return () => true;
  const onStream = filter.hasStreamIdentifier();
  const expression = (onStream ? filter.getStreamIdentifier() : filter.getEventType())?.getRegex() ?? "";
  const regex = new RegExp(expression);
  return ({ stream, type }) => regex.test(onStream ? stream : type);
}

function eventAnswer(record: DoubleRecord): ReadResp {
  const recorded = new streamsPb.ReadResp.ReadEvent.RecordedEvent();
  recorded.setId(new sharedPb.UUID().setString(record.id));
  recorded.setStreamIdentifier(new sharedPb.StreamIdentifier().setStreamName(Uint8Array.from(Buffer.from(record.stream, "utf8"))));
  recorded.setStreamRevision(String(record.revision));
  recorded.setCommitPosition(String(record.position)).setPreparePosition(String(record.position));
  recorded.getMetadataMap().set("type", record.type).set("content-type", record.contentType).set("created", "0");
  recorded.setCustomMetadata(record.metadata).setData(record.data);
  return new streamsPb.ReadResp().setEvent(
    new streamsPb.ReadResp.ReadEvent().setEvent(recorded).setCommitPosition(String(record.position)),
  );
}

function checkpointAnswer(position: number): ReadResp {
  const checkpoint = new streamsPb.ReadResp.Checkpoint();
  checkpoint.setCommitPosition(String(position)).setPreparePosition(String(position));
  return new streamsPb.ReadResp().setCheckpoint(checkpoint);
}
