import { grantEvents, type GrantEvent, type GrantState, type RefreshTokenRecord, supersededHash } from "@grantline/domain/grant";
import { parseEvent, type StoredEvent } from "@grantline/event-store";
import type { GrantContext } from "../grant-type.ts";

const PAGE = 256;

/**
 * The hash of a generation older than the state remembers, read from the stream, so that its reuse is noticed however late (P3).
 * Generation g was recorded at revision g or later, so reading starts there.
 */
export async function recordedHash(
  context: Pick<GrantContext, "grants" | "store">,
  grantId: string,
  state: GrantState,
  generation: number,
): Promise<string | undefined> {
  if (
    state.status !== "active" ||
    generation >= (state.refresh?.generation ?? 0) ||
    supersededHash(state.history, generation) !== undefined
  )
    return undefined;
  const stream = context.grants.stream(grantId);
  for (let from = generation; ; from += PAGE) {
    const page = await context.store.readStream(stream, from, PAGE);
    const recorded = page.map((stored) => refreshOf(stored)).find((refresh) => refresh?.generation === generation);
    if (recorded !== undefined || page.length < PAGE) return recorded?.hash;
  }
}

function refreshOf(stored: StoredEvent): RefreshTokenRecord | undefined {
  const { event } = parseEvent<GrantEvent>(stored, grantEvents);
  return event.type === "CodeRedeemed" || event.type === "RefreshTokenRotated" ? event.data.refresh : undefined;
}
