import sharedPb from "@eventstore/db-client/generated/shared_pb.js";
import streamsPb, { type ReadReq } from "@eventstore/db-client/generated/streams_pb.js";
import type { ServerFilter } from "./filter.ts";

const { Empty, StreamIdentifier } = sharedPb;
const { Options } = streamsPb.ReadReq;

export interface StreamRead {
  readonly stream: string;
  /** From this revision forwards; "last": the last one only. */
  readonly from: number | "last";
  readonly count: number;
}

export interface AllRead {
  /** Commit position. Reads begin with the event there, subscriptions after it. "start" is before everything; "end" reads backwards. */
  readonly from: string | "start" | "end";
  /** "live": all there is, then all that comes. */
  readonly count: number | "live";
  readonly filter: ServerFilter;
}

/** Events examined before the server says how far it has come. */
const SEARCH_WINDOW = 500;

export function streamRequest({ stream, from, count }: StreamRead): ReadReq {
  const options = common();
  const wanted = new Options.StreamOptions();
  wanted.setStreamIdentifier(new StreamIdentifier().setStreamName(Uint8Array.from(Buffer.from(stream, "utf8"))));
  if (from === "last") wanted.setEnd(new Empty());
  else wanted.setRevision(String(from));
  options.setReadDirection(from === "last" ? Options.ReadDirection.BACKWARDS : Options.ReadDirection.FORWARDS);
  options.setStream(wanted).setCount(String(count)).setNoFilter(new Empty());
  return new streamsPb.ReadReq().setOptions(options);
}

export function allRequest({ from, count, filter }: AllRead): ReadReq {
  const options = common();
  const wanted = new Options.AllOptions();
  if (from === "start") wanted.setStart(new Empty());
  else if (from === "end") wanted.setEnd(new Empty());
  else wanted.setPosition(new Options.Position().setCommitPosition(from).setPreparePosition(from));
  // Live from the end is forwards: what comes from now on.
  const backwards = from === "end" && count !== "live";
  options.setReadDirection(backwards ? Options.ReadDirection.BACKWARDS : Options.ReadDirection.FORWARDS);
  options.setAll(wanted).setFilter(filterOptions(filter));
  if (count === "live") options.setSubscription(new Options.SubscriptionOptions());
  else options.setCount(String(count));
  return new streamsPb.ReadReq().setOptions(options);
}

function common(): ReadReq.Options {
  return new Options().setResolveLinks(false).setUuidOption(new Options.UUIDOption().setString(new Empty()));
}

function filterOptions({ on, regex }: ServerFilter): ReadReq.Options.FilterOptions {
  const expression = new Options.FilterOptions.Expression().setRegex(regex);
  const filter = new Options.FilterOptions().setMax(SEARCH_WINDOW).setCheckpointintervalmultiplier(1);
  return on === "stream" ? filter.setStreamIdentifier(expression) : filter.setEventType(expression);
}
