import type { SealedEvent } from "./port.ts";
import { chainHash } from "./seal.ts";

export type Verification =
  | { readonly kind: "intact"; readonly hash: string; readonly events: number }
  | { readonly kind: "broken"; readonly revision: number; readonly why: "revision-gap" | "hash-mismatch" | "body-mismatch" };

/**
 * Recomputes the hash chain of one stream (P10), events in order. Starts at revision 0 unless told what came before.
 * Names the first revision that was altered, removed or inserted.
 */
export function verifyStream(
  events: readonly SealedEvent[],
  before: { readonly revision: number; readonly hash: string } = { revision: -1, hash: "" },
): Verification {
  let { revision, hash } = before;
  for (const event of events) {
    const why = linkFault(event, revision, hash);
    revision++;
    if (why !== undefined) return { kind: "broken", revision, why };
    ({ hash } = event);
  }
  return { kind: "intact", hash, events: events.length };
}

/** `verifyStream` of one event, for whoever goes through millions: what is wrong with it after the revision and hash before it. */
export function linkFault(
  event: SealedEvent,
  revision: number,
  hash: string,
): Extract<Verification, { kind: "broken" }>["why"] | undefined {
  if (event.revision !== revision + 1) return "revision-gap";
  if (event.hash !== chainHash(hash, event.body)) return "hash-mismatch";
  return describes(event) ? undefined : "body-mismatch";
}

/** The columns beside a body are not hashed, so they must say what the body says. */
function describes(event: SealedEvent): boolean {
  if (begins(event)) return true;
  const body = parsed(event.body);
  return body?.id === event.id && body.stream === event.stream && body.revision === event.revision && body.type === event.type;
}

/** As sealEvents writes them, all four stand in front: no need to parse, unless a second type further on could overrule the first. */
function begins({ id, stream, revision, type, body }: SealedEvent): boolean {
  const front = `{"id":"${id}","stream":${JSON.stringify(stream)},"revision":${revision},"type":"${type}","version":`;
  return body.startsWith(front) && !body.includes('"type":', front.length) && body.endsWith("}");
}

/** Whoever can recompute a hash can also write what is no JSON. */
function parsed(text: string): Partial<SealedEvent> | undefined {
  try {
    return (JSON.parse(text) as Partial<SealedEvent> | null) ?? undefined;
  } catch {
    return undefined;
  }
}
