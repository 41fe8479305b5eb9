import { standingLost } from "@grantline/domain/grant";
import { commandMeta } from "../../context/index.ts";
import { OAuthError } from "../../errors/index.ts";
import { currentStanding } from "../../standing/index.ts";
import { takeStepUp } from "../../step-up/index.ts";
import { sameHash } from "../../tokens/index.ts";
import { grantRefused } from "../grant-refusals.ts";
import { mintGrantAccess, mintGrantRefresh } from "../grant-tokens.ts";
import type { GrantContext, TokenAnswer, TokenCall } from "../grant-type.ts";
import { recordedHash } from "./recorded-hash.ts";
import { applyPolicy } from "./refresh-policy.ts";
import { type LivingGrant, refreshTarget } from "./refresh-target.ts";
import { parseRefreshRequest, type RefreshRequest } from "./refresh-token.request.ts";
import { retriedAnswer, rotatedAnswer } from "./refresh-token.response.ts";

/**
 * Rotates a refresh token, or gives the first answer again inside the retry window (P4); reuse outside it revokes the family (P3).
 * Throws OAuthError; see grant-refusals.ts for what the decider refuses.
 */
export async function refreshTokens(context: GrantContext, { request, params, client }: TokenCall): Promise<TokenAnswer> {
  const asked = parseRefreshRequest(params);
  const state = await grantOf(context, asked);
  const { basis } = state;
  const wanted = await applyPolicy(context, client, basis, refreshTarget(context.settings, state, asked));
  const standing = await standingOf(context, state);
  // Told only to the holder of the current token of a grant that stands; anything else goes to the decider, which looks for theft before all else
  const holder = isCurrent(state, asked) && basis.clientId === client.clientId && !standingLost(basis, standing);
  if (wanted.problem !== undefined && holder) throw wanted.problem;
  if (holder && (await takeStepUp(context, asked.grantId, wanted.scope))) throw stepUpRequired();
  const now = context.clock.now();
  const next = asked.generation + 1;
  const order = {
    grantId: asked.grantId,
    basis,
    client,
    n: next,
    scope: wanted.scope,
    now,
    ...(wanted.target === undefined ? {} : { target: wanted.target }),
  };
  const refresh = mintGrantRefresh(context, order, next);
  const access = await mintGrantAccess(context, order, refresh);
  const recorded = await recordedHash(context, asked.grantId, state, asked.generation);
  const { outcome } = await context.grants.execute(
    asked.grantId,
    {
      kind: "rotate-refresh",
      now,
      clientId: client.clientId,
      generation: asked.generation,
      presentedHash: asked.presentedHash,
      ...(recorded === undefined ? {} : { recordedHash: recorded }),
      ...(asked.scope === undefined ? {} : { requestedScope: asked.scope }),
      ...(asked.resource === undefined ? {} : { requestedResource: asked.resource }),
      standing,
      retryWindowSeconds: client.state.settings.refreshRetryWindow ?? context.settings.lifetimes[basis.entity].refreshRetryWindow,
      access: access.record,
      refresh: refresh.record,
    },
    commandMeta(context, request, { kind: "client", id: client.clientId }),
  );
  if (outcome.kind === "refused") throw grantRefused(outcome.reason);
  const about = { grantId: asked.grantId, basis, client, now };
  if (outcome.kind === "retried") return retriedAnswer(context, { ...about, access: outcome.access, refresh: outcome.refresh });
  return rotatedAnswer(context, { ...about, access, refresh });
}

/** No refresh brings more than was granted, so the client is sent where more can be granted; what it holds stays as it is. */
function stepUpRequired(): OAuthError {
  const description = "A resource needs more scope than was granted. Ask for it at the authorization endpoint.";
  return new OAuthError("invalid_grant", "step-up-required", description);
}

/** The grant the token points at. One that seems absent or behind the token is read from the store. */
async function grantOf(context: GrantContext, asked: RefreshRequest): Promise<LivingGrant> {
  for (const fresh of [false, true]) {
    const held = fresh ? undefined : context.grants.loadCached(asked.grantId);
    const { state } = held ?? (await context.grants.load(asked.grantId, { fresh }));
    if (state.status === "none" || state.status === "denied") continue;
    const behind = state.status === "authorized" || (state.status === "active" && asked.generation > (state.refresh?.generation ?? 0));
    if (fresh || !behind) return state;
  }
  throw grantRefused("refresh-unknown");
}

function isCurrent(state: LivingGrant, asked: RefreshRequest): boolean {
  return state.status === "active" && state.refresh?.generation === asked.generation && sameHash(state.refresh.hash, asked.presentedHash);
}

function standingOf(context: GrantContext, { basis }: LivingGrant): ReturnType<typeof currentStanding> {
  return currentStanding(context, {
    clientId: basis.clientId,
    subject: basis.subject,
    resourceIds: basis.resources.map((resource) => resource.id),
    ...(basis.sessionId === undefined ? {} : { sessionId: basis.sessionId }),
  });
}
