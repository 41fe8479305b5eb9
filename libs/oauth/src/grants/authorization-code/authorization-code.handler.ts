import type { GrantBasis } from "@grantline/domain/grant";
import { commandMeta } from "../../context/index.ts";
import { currentStanding } from "../../standing/index.ts";
import { grantRefused } from "../grant-refusals.ts";
import { standingQuery } from "../grant-standing.ts";
import { chooseTarget, targetScope } from "../grant-target.ts";
import { mayRefresh, mintGrantAccess, mintGrantRefresh } from "../grant-tokens.ts";
import type { GrantContext, TokenAnswer, TokenCall } from "../grant-type.ts";
import { redemptionAnswer } from "../redemption-answer.ts";
import { parseAuthorizationCodeRequest } from "./authorization-code.request.ts";

/** Exchanges an authorization code for tokens, once (P2). Throws OAuthError; see grant-refusals.ts for what the decider refuses. */
export async function redeemCode(context: GrantContext, { request, params, client }: TokenCall): Promise<TokenAnswer> {
  const asked = parseAuthorizationCodeRequest(params);
  const basis = await basisOf(context, asked.grantId);
  const target = chooseTarget(context, basis, asked.resource);
  const scope = targetScope(basis, target);
  const now = context.clock.now();
  const order = { grantId: asked.grantId, basis, client, n: 0, scope, now, ...(target === undefined ? {} : { target }) };
  const refresh = mayRefresh(basis, client) ? mintGrantRefresh(context, order, 1) : undefined;
  const access = await mintGrantAccess(context, order, refresh);
  const { outcome } = await context.grants.execute(
    asked.grantId,
    {
      kind: "redeem-code",
      now,
      clientId: client.clientId,
      codeHash: asked.codeHash,
      verifierChallenge: asked.verifierChallenge,
      ...(asked.redirectUri === undefined ? {} : { redirectUri: asked.redirectUri }),
      standing: await currentStanding(context, standingQuery(basis)),
      access: access.record,
      ...(refresh === undefined ? {} : { refresh: refresh.record }),
    },
    commandMeta(context, request, { kind: "client", id: client.clientId }),
  );
  if (outcome.kind === "refused") throw grantRefused(outcome.reason);
  return redemptionAnswer(context, { basis, client, access, scope, now, ...(refresh === undefined ? {} : { refresh }) });
}

/** What was authorized; it never changes, so a cached state will do. Absence is believed only fresh from the store. */
async function basisOf(context: GrantContext, grantId: string): Promise<GrantBasis> {
  for (const fresh of [false, true]) {
    const { state } = await context.grants.load(grantId, { fresh });
    if (state.status !== "none" && state.status !== "denied") return state.basis;
  }
  throw grantRefused("code-unknown");
}
