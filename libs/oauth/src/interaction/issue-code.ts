import type { GrantAuthorized, GrantBasis, GrantedResource } from "@grantline/domain/grant";
import { commandMeta, type ClientView, type OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import type { HttpRequest, HttpResponse } from "../http/index.ts";
import { registerOnFirstGrant } from "../client-directory/index.ts";
import { entityOf } from "../resource/index.ts";
import type { Session } from "../session/index.ts";
import { mintCode } from "../tokens/index.ts";
import { answerClient, successParameters } from "./answer.ts";
import { flagReusedChallenge } from "./challenge-reuse.ts";
import { grantIdOf, type Interaction } from "./interaction.ts";
import type { Offer } from "./offer.ts";
import type { GrantedScopes } from "./remembered.ts";

export type IssueContext = Pick<
  OAuthContext,
  "grants" | "clients" | "subjects" | "resources" | "consents" | "clock" | "random" | "settings" | "subjectKeys" | "ephemeral" | "security"
>;

export interface Issue {
  readonly interaction: Interaction;
  readonly client: ClientView;
  readonly session: Session;
  readonly offer: Offer;
  readonly granted: GrantedScopes;
  readonly consent: GivenConsent;
}

/** The consent a grant rests on, already durable, and its generation as it was judged. */
export interface GivenConsent {
  readonly reference: GrantAuthorized["data"]["consent"];
  readonly generation: number;
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

/**
 * The generations everything was judged under, not those of this moment: what is revoked between that judgement and the grant ends the grant
 * too (P5).
 */
function generationsOf(issue: Issue): GrantBasis["generations"] {
  const { client, session, offer, consent } = issue;
  const granted = new Set(grantedResources(issue).map(({ id }) => id));
  const resources = offer.resources.flatMap(({ resource: { resourceId: id, generation } }) =>
    granted.has(id) ? [[id, generation] as const] : [],
  );
  return {
    client: client.state.generation,
    subject: session.generation,
    consent: consent.generation,
    resources: Object.fromEntries(resources),
  };
}

function grantAuthorized(context: IssueContext, issue: Issue, codeHash: string): Omit<GrantAuthorized["data"], "generations"> {
  const { interaction, client, session, granted } = issue;
  const { request } = interaction;
  const now = context.clock.now();
  const entity = entityOf(client, session.subject);
  const lifetimes = context.settings.lifetimes[entity];
  const resources = grantedResources(issue);
  const identity = granted[""] ?? [];
  return {
    clientId: client.clientId,
    subject: session.subject,
    entity,
    sessionId: session.sid,
    resources,
    scope: [...new Set([...identity, ...resources.flatMap(({ scopes }) => scopes)])],
    ...(request.nonce === undefined ? {} : { nonce: request.nonce }),
    authTime: session.authTime,
    amr: session.amr,
    // Every client registered for refresh tokens gets them, offline_access or not (mcp-auth.md, P1).
    refreshable: client.state.metadata.grant_types.includes("refresh_token"),
    absoluteExpiresAt: now + (client.state.settings.refreshAbsoluteLifetime ?? lifetimes.refreshAbsolute),
    offline: identity.includes("offline_access"),
    codeHash,
    codeExpiresAt: now + lifetimes.code,
    codeChallenge: request.codeChallenge,
    redirectUri: request.redirectUri,
    redirectUriGiven: request.redirectUriGiven,
    consent: issue.consent.reference,
  };
}

/** A resource is in the grant when the person left it anything, or when it has nothing to tick. Never more than was offered. */
function grantedResources({ offer, granted }: Issue): readonly GrantedResource[] {
  return offer.resources.flatMap(({ resource, scopes }) => {
    const kept = scopes.filter((scope) => granted[resource.resourceId]?.includes(scope));
    return kept.length === 0 && scopes.length > 0 ? [] : [{ id: resource.resourceId, uri: resource.uri, scopes: kept }];
  });
}
