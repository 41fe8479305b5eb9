import type { StoredEvent } from "@grantline/event-store";
import { lineFormat } from "./format.ts";

/** Lossless: position and hash, then the envelope exactly as it was hashed. */
export const jsonLines = lineFormat(
  { id: "jsonl", extension: "jsonl", contentType: "application/jsonl", needsOrigins: false },
  ({ stored }) => `{"position":${JSON.stringify(stored.position)},"hash":${JSON.stringify(stored.hash)},${stored.body.slice(1)}\n`,
);

const LINE = /^\{"position":"(\d+)","hash":"([\w-]+)",(.*)$/s;

/** The stored event a line was made of, byte for byte, so that its hash can be computed again. Throws SyntaxError for any other line. */
export function eventOfLine(line: string): StoredEvent {
  const [, position, hash, rest] = LINE.exec(line) ?? [];
  if (position === undefined || hash === undefined || rest === undefined) throw new SyntaxError("this is no line of a JSON Lines export");
  const body = `{${rest}`;
  const { id, stream, revision, type } = JSON.parse(body) as Omit<StoredEvent, "position" | "hash" | "body">;
  return { id, stream, revision, position, type, hash, body };
}
