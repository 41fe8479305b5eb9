import { authenticateBearer, bearerChallenge } from "@grantline/oauth/bearer";
import { OAuthError } from "@grantline/oauth/errors";
import type { HttpRequest } from "@grantline/oauth/http";
import { principalOf, scopeCeiling } from "@grantline/oauth/resource";
import type { AccessTokenView } from "@grantline/oauth/tokens";
import type { OAuthContext } from "@grantline/oauth/context";
import { ADMIN_SCOPES, FULL_ADMIN, scopesFor, type AdminArea } from "../scopes.ts";

/** Who calls the admin API. */
export interface Caller {
  readonly clientId: string;
  readonly sub: string;
  /** Holds `grantline:admin`. */
  readonly admin: boolean;
  /** Holds `grantline:resources`, or `grantline:admin`. */
  readonly resources: boolean;
}

/** The access token's holder, if its scopes open the area. Throws OAuthError 401 `invalid_token` or 403 `insufficient_scope`. */
export async function authenticateCaller(
  context: OAuthContext,
  request: HttpRequest,
  area: AdminArea,
  access: "read" | "write",
): Promise<Caller> {
  const token = await authenticateBearer(context, request, { resource: context.settings.adminResource, scopes: [] });
  const held = (await mayAdminister(context, token)) ? await heldScopes(context, token) : [];
  const enough = scopesFor(area, access);
  if (!enough.some((scope) => held.includes(scope))) throw insufficient(context, enough[0] ?? FULL_ADMIN);
  const holds = (wanted: readonly string[]): boolean => wanted.some((scope) => held.includes(scope));
  return { clientId: token.clientId, sub: token.sub, admin: holds([FULL_ADMIN]), resources: holds(scopesFor("resources", "write")) };
}

/** P14: a person administers while the settings name them as operator, through a client an operator made; looked at now, not when the token was issued. */
async function mayAdminister(context: OAuthContext, token: AccessTokenView): Promise<boolean> {
  const client = await context.directory.find(token.clientId);
  if (client.state.verification !== "operator") return false;
  if (token.grantId === undefined) return true;
  const principal = await principalOf(context, { client, subject: token.sub, resource: { scopes: ADMIN_SCOPES, policy: { rules: [] } } });
  return principal?.operator === true;
}

/**
 * P14: a program administers only what an operator named on its client. The access policy of the admin resource can't tell one program
 * of an operator's from another, so a client without such a ceiling has no admin scope here, whatever its token says.
 */
async function heldScopes(context: OAuthContext, token: AccessTokenView): Promise<readonly string[]> {
  if (token.grantId !== undefined) return token.scope;
  const ceiling = scopeCeiling(await context.directory.find(token.clientId)) ?? [];
  return token.scope.filter((each) => ceiling.includes(each));
}

function insufficient({ settings }: OAuthContext, needed: string): OAuthError {
  const description = "The access token does not have a scope that opens this.";
  // RFC 6750 §3.1: the challenge names the scope the request needs
  const headers = bearerChallenge({ resource: settings.adminResource, scopes: [needed] }, "insufficient_scope", description);
  return new OAuthError("insufficient_scope", "bearer-scope", description, { headers });
}
