import { hash } from "node:crypto";
import type { DomainEvent, EventDefinition } from "@grantline/domain/kernel";
import type { EventMeta, SealedEvent } from "./port.ts";
import { uuidV7 } from "./uuid-v7.ts";

/** What sealing and parsing use of the definitions of a stream's events. */
export type Definition = Pick<EventDefinition, "version" | "ignorable" | "upcasters">;
export type Definitions = Readonly<Record<string, Definition>>;

export interface Sealing {
  readonly stream: string;
  /** Hash of the stream's last event, "" when there is none. */
  readonly previousHash: string;
  /** Revision of the first event sealed. */
  readonly revision: number;
  readonly events: readonly DomainEvent[];
  readonly definitions: Definitions;
  readonly meta: EventMeta;
  /** When it happened, epoch milliseconds. */
  readonly atMs: number;
  /** For tests that want fixed ids. */
  readonly newId?: () => string;
}

/** P10: base64url SHA-256 of the previous hash of the stream and the exact body. */
export function chainHash(previousHash: string, body: string): string {
  return hash("sha256", previousHash + body, "base64url");
}

/** Gives each event its envelope, its exact JSON text and its link in the stream's hash chain. Throws TypeError on a type without a definition. */
export function sealEvents(sealing: Sealing): SealedEvent[] {
  const { stream, events, definitions, newId = uuidV7 } = sealing;
  const meta = JSON.stringify(sealing.meta);
  const at = isoTime(sealing.atMs);
  const streamText = JSON.stringify(stream);
  const sealed: SealedEvent[] = [];
  let previous = sealing.previousHash;
  let revision = sealing.revision;
  for (const { type, data } of events) {
    const definition = definitions[type];
    if (definition === undefined) throw new TypeError(`no definition for event ${type} of ${stream}`);
    const id = newId();
    // Written by hand for a fixed member order and speed; `ignorable` must reach readers that do not know the type (P11).
    const body =
      `{"id":"${id}","stream":${streamText},"revision":${revision},"type":"${type}","version":${definition.version},"at":"${at}",` +
      `"data":${JSON.stringify(data)},"meta":${meta}${definition.ignorable ? ',"ignorable":true' : ""}}`;
    previous = chainHash(previous, body);
    sealed.push({ id, stream, revision, type, body, hash: previous });
    revision++;
  }
  return sealed;
}

let lastMs = Number.NaN;
let lastText = "";

/** Events of one burst share their millisecond, and making the text costs more than keeping it. */
function isoTime(ms: number): string {
  if (ms !== lastMs) {
    lastText = new Date(ms).toISOString();
    lastMs = ms;
  }
  return lastText;
}
