import { grantEvents, type GrantEvent, type GrantState } from "@grantline/domain/grant";
import { parseEvent } from "@grantline/event-store";
import type { GrantContext } from "../grant-type.ts";

const PAGE = 256;
/** Events a generation may be away from its own number in the stream: each brings a rotation and at most a retry and a revocation. */
const EVENTS_PER_GENERATION = 3;

/**
 * The hash of a generation older than the state remembers, read from the stream, so that its reuse is noticed however late (P3).
 * Generation g was recorded at revision g or later, so reading starts there.
 */
export async function recordedHash(context: Pick<GrantContext, "grants" | "store">, grantId: string, state: GrantState, generation: number): Promise<string | undefined> {
  if (state.status !== "active" || generation >= (state.refresh?.generation ?? 0) || state.history[generation] !== undefined) return undefined;
  const stream = context.grants.stream(grantId);
  const last = generation * EVENTS_PER_GENERATION + PAGE;
  for (let from = generation; from <= last; from += PAGE) {
    const page = await context.store.readStream(stream, from, PAGE);
    for (const stored of page) {
      const { event } = parseEvent<GrantEvent>(stored, grantEvents);
      if ((event.type === "CodeRedeemed" || event.type === "RefreshTokenRotated") && event.data.refresh?.generation === generation) return event.data.refresh.hash;
    }
    if (page.length < PAGE) return undefined;
  }
  return undefined;
}
