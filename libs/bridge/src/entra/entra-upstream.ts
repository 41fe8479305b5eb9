import type { BridgeRegistration } from "@grantline/domain/bridge";
import { OAuthError } from "@grantline/oauth/errors";
import { isIdentityScope, parseOptionalScope } from "@grantline/oauth/scope";
import { decodeJwt, errors, type JWTPayload } from "jose";
import type { FacadeUpstream } from "../facade/upstream.port.ts";
import { registeredScopes } from "../registered-scopes.ts";
import { type EntraResource, platformOf } from "./application-body.ts";

export interface EntraUpstreamOptions {
  /** `https://login.microsoftonline.com`, or a national cloud's. */
  readonly authority: string;
  /** The tenant's id, a GUID: only then is there one issuer to expect. */
  readonly tenantId: string;
  readonly resource: EntraResource;
}

/** Entra as authorization server: scopes qualified by their resource, no `resource` parameter, tokens of version 1 or 2. */
export function entraUpstream(options: EntraUpstreamOptions): FacadeUpstream {
  const { authority, tenantId, resource } = options;
  const base = `${authority}/${tenantId}`;
  return {
    endpoints: async () => ({
      authorization: `${base}/oauth2/v2.0/authorize`,
      token: `${base}/oauth2/v2.0/token`,
      jwks: `${base}/discovery/v2.0/keys`,
    }),
    scopes: [...Object.keys(resource.scopes), "offline_access"],
    toUpstream: (registration, asked) => toUpstream(resource, registration, asked),
    fromUpstream: (scope) => fromUpstream(resource, scope),
    wantsSecret: (redirectUri) => platformOf(redirectUri) === "web",
    checkAccessToken: (token) => checkAccessToken(options, token),
  };
}

/**
 * Entra wants scopes of one resource in a request (AADSTS28000), each with the resource's URI before it. What the client did not register, or nobody has,
 * is left out as RFC 6749 §3.3 allows; the answer says what was given. OpenID scopes stay as they are.
 */
function toUpstream(resource: EntraResource, registration: BridgeRegistration, asked: string | undefined): string {
  const { metadata } = registration;
  const registered = registeredScopes(Object.keys(resource.scopes), metadata);
  const names = parseOptionalScope(asked);
  const ours = names?.map((name) => shortName(resource, name)).filter((name) => registered.includes(name));
  const nothingOfOurs = names?.every(isIdentityScope) ?? true;
  if (!nothingOfOurs && ours?.length === 0)
    throw new OAuthError("invalid_scope", "scope-unknown", "None of the scopes is one this client may have here.");
  const chosen = nothingOfOurs ? registered : (ours ?? []);
  const identity = new Set(names?.filter(isIdentityScope));
  // without it Entra gives no refresh token, and many clients do not know to ask
  if (metadata.grant_types.includes("refresh_token")) identity.add("offline_access");
  return [...chosen.map((name) => `${resource.uri}/${name}`), ...identity].join(" ");
}

function fromUpstream(resource: EntraResource, scope: string): string {
  return scope
    .split(" ")
    .map((name) => shortName(resource, name))
    .join(" ");
}

function shortName({ uri, appId }: EntraResource, scope: string): string {
  const prefix = [uri, appId, `api://${appId}`].find((each) => scope.startsWith(`${each}/`));
  return prefix === undefined ? scope : scope.slice(prefix.length + 1);
}

/**
 * The token came over TLS from the tenant's own endpoint, so what is looked at is that it is meant for our resource (RFC 9700 §4.10.2): a token for
 * Microsoft Graph, say, would hand the client powers nobody meant to give it. Version 1 tokens come from resources whose manifest still says so.
 */
function checkAccessToken(options: EntraUpstreamOptions, token: string): void {
  const claims = claimsOf(token);
  const { resource } = options;
  const audiences = [resource.uri, resource.appId, `api://${resource.appId}`];
  const audience = [claims?.aud].flat().some((aud) => aud !== undefined && audiences.includes(aud));
  if (claims === undefined || !audience || !issuersOf(options).includes(claims.iss ?? ""))
    throw new OAuthError("server_error", "bridge-token-foreign", "The directory behind this bridge issued a token for something else.", {
      status: 502,
      detail: `iss ${String(claims?.iss)} aud ${String(claims?.aud)}`,
    });
}

/** Both spellings of one tenant. */
export function issuersOf({ authority, tenantId }: Pick<EntraUpstreamOptions, "authority" | "tenantId">): readonly string[] {
  return [`${authority}/${tenantId}/v2.0`, `https://sts.windows.net/${tenantId}/`];
}

function claimsOf(token: string): JWTPayload | undefined {
  try {
    return decodeJwt(token);
  } catch (error) {
    if (error instanceof errors.JWTInvalid) return undefined;
    throw error;
  }
}
