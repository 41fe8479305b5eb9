import type { EventFilter } from "@grantline/event-store";

/** What the server is asked to leave out. It takes one expression, on stream names or on event types. */
export interface ServerFilter {
  readonly on: "stream" | "type";
  readonly regex: string;
}

export interface SplitFilter {
  readonly server: ServerFilter;
  /** What is left to check here; everything passes where the server could check it all. */
  readonly passes: (stream: string) => boolean;
  /** Nothing can pass. */
  readonly nothing: boolean;
}

/**
 * Splits a filter into what the server can do and the rest. The server's own streams ($stats, $metadata, links) never come: stream names of
 * ours begin with `prefix`, or with anything but $ where there is none. Types narrow more than names, so with both the names are checked here.
 */
export function splitFilter({ types, except }: EventFilter, prefix: string): SplitFilter {
  const ours = (stream: string) => (prefix === "" ? !stream.startsWith("$") : stream.startsWith(prefix));
  const left = (stream: string) => except !== undefined && stream.startsWith(prefix + except);
  if (types !== undefined) {
    const regex = `^(?:${types.map(escaped).join("|")})$`;
    return { server: { on: "type", regex }, passes: (stream) => ours(stream) && !left(stream), nothing: types.length === 0 };
  }
  const name = prefix === "" ? "^(?!\\$)" : `^${escaped(prefix)}`;
  const regex = except === undefined ? name : `${name}(?!${escaped(except)})`;
  return { server: { on: "stream", regex }, passes: () => true, nothing: false };
}

/** For .NET's regular expressions as for ours. */
function escaped(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}-]/g, "\\$&");
}
