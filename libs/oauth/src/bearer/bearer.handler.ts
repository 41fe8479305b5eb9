import { isAdminScope } from "@grantline/domain/kernel";
import { StreamParked } from "@grantline/event-store";
import { OAuthError } from "../errors/index.ts";
import type { HttpRequest } from "../http/index.ts";
import { resourceMetadataUrl } from "../resource/index.ts";
import { formatScope } from "../scope/index.ts";
import { type AccessTokenView, findAccessToken, type TokenSources } from "../tokens/index.ts";
import { readBearer } from "./bearer.request.ts";

export interface BearerDemand {
  /** The protected resource that is called: the audience the token must have, and in the challenge where it describes itself. */
  readonly resource?: string;
  /** The same where what is called is us and no registered resource. With neither, a token of ours for whatever audience will do. */
  readonly issuer?: string;
  /** Told of a token that is good but for its scope, before it is refused. */
  readonly onShort?: (token: AccessTokenView) => Promise<void>;
  /** The challenge names what the token holds of the resource as well: clients before revision 2026-07-28 ask for exactly what it names. */
  readonly cumulative?: boolean;
  /** All of them are needed. `grantline:admin` includes every other `grantline:*`. */
  readonly scopes: readonly string[];
}

const ADMIN = "grantline:admin";

/** Who calls, by access token (RFC 6750). Throws OAuthError `invalid_token` (401) or `insufficient_scope` (403), with the challenge. */
export async function authenticateBearer(
  context: TokenSources,
  request: Pick<HttpRequest, "headers">,
  demand: BearerDemand,
): Promise<AccessTokenView> {
  const presented = readBearer(request.headers);
  // RFC 6750 §3.1: without a token the challenge carries no error
  if (presented.kind === "absent") throw refused("bearer-missing", "An access token is required.", bearerChallenge(demand));
  if (presented.kind === "malformed") throw invalid("The Authorization header is not a well-formed Bearer token.", demand);
  const token = await findAccessToken(context, presented.token).catch(unknownWhenParked);
  if (token === undefined) throw invalid("The access token is unknown, expired or revoked.", demand);
  // RFC 9068 §4: a token is only good at the audience it was issued for
  const audience = demand.resource ?? demand.issuer;
  if (audience !== undefined && token.aud !== audience) throw invalid(foreign(demand), demand);
  if (!hasScopes(token, demand)) {
    await demand.onShort?.(token);
    throw short(token, demand);
  }
  return token;
}

function foreign({ issuer }: BearerDemand): string {
  const what = "The access token was issued for another resource.";
  return issuer === undefined ? what : `${what} Ask the token endpoint for one with resource=${issuer}.`;
}

/** P11: what rests on a stream this release can't read is not vouched for. */
function unknownWhenParked(error: unknown): undefined {
  if (!(error instanceof StreamParked)) throw error;
}

function hasScopes({ scope }: AccessTokenView, { scopes }: BearerDemand): boolean {
  const admin = scope.includes(ADMIN);
  return scopes.every((each) => scope.includes(each) || (admin && isAdminScope(each)));
}

function short({ scope }: AccessTokenView, demand: BearerDemand): OAuthError {
  const description = "The access token does not have the scope this needs.";
  // MCP authorization, refresh tokens: offline_access is nothing a resource asks for
  const held = demand.cumulative === true ? scope.filter((each) => each !== "offline_access") : [];
  // RFC 6750 §3.1: all scopes the operation needs, named at once
  const challenge = bearerChallenge({ ...demand, scopes: [...new Set([...demand.scopes, ...held])] }, "insufficient_scope", description);
  return new OAuthError("insufficient_scope", "bearer-scope", description, { headers: challenge });
}

function invalid(description: string, demand: BearerDemand): OAuthError {
  return refused("bearer-invalid", description, bearerChallenge(demand, "invalid_token", description));
}

function refused(reason: "bearer-missing" | "bearer-invalid", description: string, headers: Readonly<Record<string, string>>): OAuthError {
  return new OAuthError("invalid_token", reason, description, { headers });
}

/** The `www-authenticate` header of a refusal (RFC 6750 §3). */
export function bearerChallenge(
  { resource, scopes }: BearerDemand,
  error?: string,
  description?: string,
): Readonly<Record<string, string>> {
  const parts = ['realm="grantline"'];
  if (error !== undefined) parts.push(`error="${error}"`);
  if (description !== undefined) parts.push(`error_description="${description}"`);
  if (scopes.length > 0) parts.push(`scope="${formatScope(scopes)}"`);
  // RFC 9728 §5.1: where a client learns which authorization server to ask
  if (resource !== undefined) parts.push(`resource_metadata="${resourceMetadataUrl(resource)}"`);
  return { "www-authenticate": `Bearer ${parts.join(", ")}` };
}
