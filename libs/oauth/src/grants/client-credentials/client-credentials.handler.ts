import type { RegisteredResource } from "@grantline/domain/resource";
import { type ClientView, commandMeta } from "../../context/index.ts";
import { OAuthError } from "../../errors/index.ts";
import { entityOf, permittedFor, personAdmits } from "../../resource/index.ts";
import { mintAccessToken, type MintedAccessToken, SECRET_BYTES, tokenShape } from "../../tokens/index.ts";
import { tokenAnswer } from "../grant-tokens.ts";
import type { GrantContext, Issue, TokenAnswer, TokenCall } from "../grant-type.ts";
import { parseClientCredentialsRequest } from "./client-credentials.request.ts";
import { resourceFor } from "./default-resource.ts";

/** A token for the client itself, durable before it is answered (P1). Throws OAuthError. */
export async function issueForClient(context: GrantContext, call: TokenCall): Promise<TokenAnswer> {
  return (await judgeClient(context, call))(context, call.request);
}

/** What the client may have, without issuing it yet. Throws OAuthError. */
export async function judgeClient(context: GrantContext, { params, client }: Omit<TokenCall, "request">): Promise<Issue> {
  // RFC 6749 §4.4: only confidential clients
  if (client.method === "none")
    throw new OAuthError("unauthorized_client", "grant-type-not-allowed", "A public client can't use client_credentials.");
  const asked = parseClientCredentialsRequest(params);
  const resource = await resourceFor(context, client, asked);
  const scope = await grantedScope(context, client, resource, asked.scope);
  const actor = { kind: "client", id: client.clientId } as const;
  return async (current, request) => {
    const now = current.clock.now();
    const order = { client, resource, scope, now };
    const minted = await current.issuance.issue((locator) => issuance(current, order, locator), commandMeta(current, request, actor));
    return tokenAnswer({ accessToken: minted.value, exp: minted.record.exp, now, scope });
  };
}

interface Order {
  readonly client: ClientView;
  readonly resource: RegisteredResource;
  readonly scope: readonly string[];
  readonly now: number;
}

/** The token of a locator and the event that records it. */
function issuance(context: GrantContext, { client, resource, scope, now }: Order, locator: string) {
  const entity = entityOf(client, undefined);
  const generations = { client: client.state.generation, resource: resource.generation };
  const minted: MintedAccessToken = mintAccessToken(context, {
    holder: { clientId: client.clientId, sub: client.clientId, entity, generations },
    shape: tokenShape(context, client, entity, resource),
    locator,
    n: 0,
    aud: resource.uri,
    resourceId: resource.resourceId,
    scope,
    now,
    secret: () => context.random.token(SECRET_BYTES),
  });
  const { n: _ofGrantsOnly, ...access } = minted.record;
  const data = { clientId: client.clientId, sub: client.clientId, entity, grantType: "client_credentials", access, generations };
  return { event: { type: "AccessTokenIssued" as const, data }, result: minted };
}

/** What policy and ceiling permit (P14). Scopes nobody knows are dropped; known ones beyond the client are refused (CVE 20). */
async function grantedScope(
  context: GrantContext,
  client: ClientView,
  resource: RegisteredResource,
  asked: readonly string[] | undefined,
): Promise<readonly string[]> {
  const known = asked?.filter((scope) => resource.scopes.some(({ name }) => name === scope));
  if (known?.length === 0) throw new OAuthError("invalid_scope", "scope-unknown", "The resource knows none of the scopes asked for.");
  if (known === undefined && resource.scopes.length === 0) return scopeless(context, client, resource);
  const granted = await permittedFor(context, { client, resource, requested: known });
  if (granted.length === 0 || known?.some((scope) => !granted.includes(scope)) === true) {
    throw new OAuthError("invalid_scope", "scope-not-allowed", "This client may not have the scope asked for.");
  }
  return granted;
}

async function scopeless(context: GrantContext, client: ClientView, resource: RegisteredResource): Promise<readonly string[]> {
  if (await personAdmits(context, { client, resource })) return [];
  throw new OAuthError("invalid_scope", "policy-denied", "The access policy of the resource does not admit this client.");
}
