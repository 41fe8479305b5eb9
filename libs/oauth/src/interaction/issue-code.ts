import type { GrantAuthorized } from "@grantline/domain/grant";
import { commandMeta, type OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import type { HttpRequest, HttpResponse } from "../http/index.ts";
import { registerOnFirstGrant } from "../client-directory/index.ts";
import { mintCode } from "../tokens/index.ts";
import { answerClient, successParameters } from "./answer.ts";
import { flagReusedChallenge } from "./challenge-reuse.ts";
import { generationsOf, grantBasis, type Allowed } from "./grant-basis.ts";
import { grantIdOf, type Interaction } from "./interaction.ts";

export type IssueContext = Pick<
  OAuthContext,
  "grants" | "clients" | "subjects" | "resources" | "consents" | "clock" | "random" | "settings" | "subjectKeys" | "ephemeral" | "security"
>;

export interface Issue extends Allowed {
  readonly interaction: Interaction;
}

/**
 * Opens the grant and sends the browser on to the client, code included. Durable before it returns (P1); creating the grant's stream
 * consumes the interaction (P2): a second try throws interaction-unknown, whoever makes it.
 */
export async function issueCode(context: IssueContext, request: HttpRequest, issue: Issue): Promise<HttpResponse> {
  const { interaction } = issue;
  const meta = commandMeta(context, request, { kind: "user", id: issue.session.subject });
  await flagReusedChallenge(context, request, interaction);
  const client = await registerOnFirstGrant(context, issue.client, meta);
  const grantId = grantIdOf(context.settings, interaction.id);
  const code = mintCode(context.random, grantId);
  const event = { ...grantAuthorized(context, { ...issue, client }, code.hash), generations: generationsOf(issue) };
  const { outcome } = await context.grants.execute(grantId, { kind: "authorize", now: context.clock.now(), event }, meta);
  if (outcome.kind !== "authorized") {
    throw new OAuthError(
      "invalid_request",
      "interaction-unknown",
      "This request was already answered. Go back to the application and start again if you need to.",
    );
  }
  return answerClient(context, request, interaction.request, successParameters(context.settings, interaction.request, code.value));
}

function grantAuthorized(context: IssueContext, issue: Issue, codeHash: string): GrantAuthorized["data"] {
  const { request } = issue.interaction;
  const { consent, ...basis } = grantBasis(context, issue);
  return {
    ...basis,
    ...(request.nonce === undefined ? {} : { nonce: request.nonce }),
    codeHash,
    codeExpiresAt: context.clock.now() + context.settings.lifetimes[basis.entity].code,
    codeChallenge: request.codeChallenge,
    redirectUri: request.redirectUri,
    redirectUriGiven: request.redirectUriGiven,
    consent,
  };
}
