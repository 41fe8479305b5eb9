import { chainHash, type SealedEvent, uuidV7 } from "@grantline/event-store";

/** One event for the first place of a stream, or the one after `before`. */
export function oneEvent(stream: string, before?: SealedEvent, type = "ThingHappened"): SealedEvent {
  const id = uuidV7();
  const revision = (before?.revision ?? -1) + 1;
  const body = JSON.stringify({
    id,
    stream,
    revision,
    type,
    version: 1,
    at: "2026-01-01T00:00:00.000Z",
    data: { name: "Zoë \u2028" },
    meta: {},
  });
  return { id, stream, revision, type, body, hash: chainHash(before?.hash ?? "", body) };
}
