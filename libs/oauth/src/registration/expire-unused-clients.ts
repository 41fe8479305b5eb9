import { StreamParked, type CommandMeta } from "@grantline/event-store";
import { clientStreamId, type OAuthContext } from "../context/index.ts";

export interface UnusedClientsQuery {
  /** Ids of clients that registered themselves; more may come, they are left alone. */
  readonly clients: AsyncIterable<{ readonly clientId: string }>;
  /** Does any grant of the client still live (an unexpired, unrevoked one)? */
  readonly holdsLiveGrant: (clientId: string) => Promise<boolean>;
}

/**
 * Lets self-registered clients go that nobody uses (mcp-auth.md P3): past their unused lifetime and without a live grant. Their stream stays
 * as a tombstone, so that they are told to register again. Returns how many went.
 */
export async function expireUnusedClients(
  context: Pick<OAuthContext, "clients" | "clock">,
  query: UnusedClientsQuery,
  meta: CommandMeta,
): Promise<number> {
  let gone = 0;
  for await (const { clientId } of query.clients) {
    try {
      if (await expired(context, clientId, query.holdsLiveGrant, meta)) gone += 1;
    } catch (error) {
      // P11: what this release can't read is left alone, and holds up nobody else
      if (!(error instanceof StreamParked)) throw error;
    }
  }
  return gone;
}

async function expired(
  context: Pick<OAuthContext, "clients" | "clock">,
  clientId: string,
  holdsLiveGrant: UnusedClientsQuery["holdsLiveGrant"],
  meta: CommandMeta,
): Promise<boolean> {
  const streamId = clientStreamId(clientId);
  const now = context.clock.now();
  // The stream is asked, not the listing: a listing may be late.
  const { state } = await context.clients.load(streamId, { fresh: true });
  if (state.status !== "active" || state.how !== "dcr" || state.unusedExpiresAt === undefined || state.unusedExpiresAt > now) return false;
  if (await holdsLiveGrant(clientId)) return false;
  const { outcome } = await context.clients.execute(streamId, { kind: "delete", now, reason: "unused" }, meta);
  return outcome.kind === "done";
}
