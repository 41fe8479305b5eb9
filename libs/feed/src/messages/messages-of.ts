import { upcast } from "@grantline/domain/kernel";
import { definitionsOf } from "@grantline/domain/catalogue";
import { revocationsOf, type Revocation } from "@grantline/domain/revocations";
import type { Position, StoredEvent } from "@grantline/event-store";
import type { FeedMessage } from "../publisher.port.ts";
import { bodyOf, cloudEventAttributes, cloudEventHeaders, type EventBody } from "./cloud-event.ts";

/** What stands on the topic of revocations under `{kind}:{id}`. */
export interface RevocationMessage extends Revocation {
  /** Where the event stands, by which it was revoked. */
  readonly position: Position;
  readonly stream: string;
  readonly revision: number;
  /** ISO 8601. */
  readonly at: string;
  readonly region: string;
}

/** What a security team is told besides the streams `security-…` and `finding-…`: theft that was noticed, and keys that leaked. */
export const ALERTING: ReadonlySet<string> = new Set(["CodeReplayDetected", "RefreshReuseDetected", "SigningKeyCompromised"]);

export function revocationKey({ kind, id }: Pick<Revocation, "kind" | "id">): string {
  return `${kind}:${id}`;
}

/**
 * The messages an event makes, `events` first. `after`: everything up to that position has been acknowledged before; each message carries it,
 * so that the place to go on from can be read from the topic itself.
 */
export function messagesOf(stored: StoredEvent, after: Position): readonly FeedMessage[] {
  const body = bodyOf(stored);
  const headers = { ...cloudEventHeaders(cloudEventAttributes(stored, body)), position: stored.position, after };
  const message = { key: stored.stream, headers, value: stored.body };
  return [
    { topic: "events", ...message },
    ...revocationMessages(stored, body, headers),
    ...(alerts(stored) ? [{ topic: "alerts", ...message } as const] : []),
  ];
}

function alerts({ stream, type }: StoredEvent): boolean {
  return stream.startsWith("security-") || stream.startsWith("finding-") || ALERTING.has(type);
}

function revocationMessages({ stream, position }: StoredEvent, body: EventBody, headers: FeedMessage["headers"]): readonly FeedMessage[] {
  const data = upcast(definitionsOf(stream) ?? {}, body.type, body.version, body.data as Record<string, unknown>);
  if (data === undefined) return [];
  return revocationsOf(stream, { type: body.type, data }).map((revocation) => {
    const value: RevocationMessage = { ...revocation, position, stream, revision: body.revision, at: body.at, region: body.meta.region };
    return { topic: "revocations", key: revocationKey(revocation), headers, value: JSON.stringify(value) };
  });
}
