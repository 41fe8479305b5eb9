import { type GrantState, standingLost, supersededHash } from "@grantline/domain/grant";
import { currentStanding } from "../standing/index.ts";
import type { TokenSources } from "./find-access-token.ts";
import { sameHash } from "./hashes.ts";
import { parseRefreshToken } from "./refresh-token.ts";
import type { RefreshTokenView } from "./views.ts";

/** A refresh token whose secret matches its generation and whose family lives. Redeems nothing. Undefined otherwise. */
export async function findRefreshToken(context: TokenSources, value: string): Promise<RefreshTokenView | undefined> {
  const parsed = parseRefreshToken(value);
  if (parsed === undefined) return undefined;
  const state = await grantOf(context, parsed.grantId, parsed.generation);
  if (state.status !== "active" || state.refresh === undefined) return undefined;
  const { basis, refresh } = state;
  const current = refresh.generation === parsed.generation;
  const recorded = current ? refresh.hash : supersededHash(state.history, parsed.generation);
  if (recorded === undefined || !sameHash(recorded, parsed.hash)) return undefined;
  const now = context.clock.now();
  const exp = Math.min(refresh.idleExpiresAt, basis.absoluteExpiresAt);
  if (exp <= now) return undefined;
  const standing = await currentStanding(context, {
    clientId: basis.clientId,
    subject: basis.subject,
    resourceIds: basis.resources.map((resource) => resource.id),
    ...(basis.sessionId === undefined ? {} : { sessionId: basis.sessionId }),
  });
  if (standingLost(basis, standing, now)) return undefined;
  const { clientId, subject: sub, entity, scope } = basis;
  return { grantId: parsed.grantId, generation: parsed.generation, current, clientId, sub, entity, scope, exp };
}

/** The grant; read from the store when the token is newer than what this instance knows. */
async function grantOf(context: TokenSources, grantId: string, generation: number): Promise<GrantState> {
  const { state } = await context.grants.load(grantId);
  const behind = state.status === "authorized" || (state.status === "active" && generation > (state.refresh?.generation ?? 0));
  return behind ? (await context.grants.load(grantId, { fresh: true })).state : state;
}
