import { type AccessTokenRecord, type GrantState, standingLost } from "@grantline/domain/grant";
import type { OAuthContext } from "../context/index.ts";
import { currentStanding } from "../standing/index.ts";
import { findIssuedToken } from "./find-issued-token.ts";
import { isRecordedToken, type PresentedToken, readPresented } from "./presented-token.ts";
import type { AccessTokenView } from "./views.ts";

export type TokenSources = Pick<
  OAuthContext,
  "grants" | "clients" | "subjects" | "consents" | "resources" | "tokens" | "issuance" | "signer" | "clock"
>;

/**
 * The one way an access token is judged, for introspection, userinfo, bearer authentication and revocation: the record it
 * points at, its hash, its end, and whether everything it rests on still stands (P5). Undefined for whatever is not good right now.
 */
export async function findAccessToken(context: TokenSources, value: string): Promise<AccessTokenView | undefined> {
  const presented = readPresented(value);
  if (presented === undefined) return undefined;
  // P5: a key struck out by another process a moment ago vouches for nothing any more
  await context.signer.current();
  const { locator } = presented;
  return locator.in === "grant"
    ? findGrantToken(context, presented, locator.grantId, locator.n)
    : findIssuedToken(context, presented, locator.locator);
}

async function findGrantToken(
  context: TokenSources,
  presented: PresentedToken,
  grantId: string,
  n: number,
): Promise<AccessTokenView | undefined> {
  const found = await recordOf(context, grantId, n);
  if (found === undefined) return undefined;
  const { basis, record } = found;
  const now = context.clock.now();
  if (record.exp <= now || !isRecordedToken(context.signer, presented, basis.clientId, record)) return undefined;
  // A generation raised on another resource of the grant ends the tokens of that one only
  const standing = await currentStanding(context, {
    clientId: basis.clientId,
    subject: basis.subject,
    resourceIds: record.resource === undefined ? [] : [record.resource],
    ...(basis.sessionId === undefined ? {} : { sessionId: basis.sessionId }),
  });
  if (standingLost(basis, standing, now)) return undefined;
  return {
    clientId: basis.clientId,
    sub: basis.subject,
    entity: basis.entity,
    scope: record.scope,
    aud: record.aud,
    ...(record.resource === undefined ? {} : { resourceId: record.resource }),
    jti: record.jti,
    iat: record.iat,
    exp: record.exp,
    format: record.format,
    grantId,
    n,
    authTime: basis.authTime,
  };
}

type ActiveGrant = Extract<GrantState, { status: "active" }>;

/** The token's record in its grant. A state that does not know it yet may be behind another instance's write: then the store is asked. */
async function recordOf(
  context: TokenSources,
  grantId: string,
  n: number,
): Promise<{ readonly basis: ActiveGrant["basis"]; readonly record: AccessTokenRecord } | undefined> {
  const known = (await context.grants.load(grantId)).state;
  const record = recordIn(known, n);
  if (record !== undefined) return record;
  if (known.status !== "authorized" && !(known.status === "active" && mayBeAhead(known, n))) return undefined;
  return recordIn((await context.grants.load(grantId, { fresh: true })).state, n);
}

function recordIn(state: GrantState, n: number): { readonly basis: ActiveGrant["basis"]; readonly record: AccessTokenRecord } | undefined {
  if (state.status !== "active") return undefined;
  const record = state.tokens.find((token) => token.n === n);
  return record === undefined ? undefined : { basis: state.basis, record };
}

function mayBeAhead(state: ActiveGrant, n: number): boolean {
  return n > (state.refresh?.generation ?? 0);
}
