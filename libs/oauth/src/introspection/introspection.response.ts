import type { OAuthContext } from "../context/index.ts";
import { type HttpResponse, json } from "../http/index.ts";
import { formatScope } from "../scope/index.ts";
import type { AccessTokenView, RefreshTokenView } from "../tokens/index.ts";
import { SIGNED_TYPE } from "./introspection.request.ts";
import type { Introspector } from "./introspector.ts";

export type IntrospectionAnswer = { readonly active: false } | ({ readonly active: true } & Readonly<Record<string, unknown>>);

// RFC 7662 §2.2: nothing more is said of a token that is not active, whatever the reason
export const inactive: IntrospectionAnswer = { active: false };

/** RFC 7662 §2.2. The subject is the pseudonymous one; no personal claim is here. */
export function accessTokenFacts(issuer: string, token: AccessTokenView): IntrospectionAnswer {
  return {
    active: true,
    ...(token.scope.length === 0 ? {} : { scope: formatScope(token.scope) }),
    client_id: token.clientId,
    sub: token.sub,
    aud: token.aud,
    iss: issuer,
    exp: token.exp,
    iat: token.iat,
    jti: token.jti,
    token_type: "Bearer",
    entity: token.entity,
    ...(token.grantId === undefined ? {} : { gid: token.grantId }),
  };
}

export function refreshTokenFacts(issuer: string, token: RefreshTokenView): IntrospectionAnswer {
  return {
    active: true,
    ...(token.scope.length === 0 ? {} : { scope: formatScope(token.scope) }),
    client_id: token.clientId,
    sub: token.sub,
    iss: issuer,
    exp: token.exp,
    entity: token.entity,
    gid: token.grantId,
  };
}

/** JSON, or for RFC 9701 the same as a signed JWT with the caller as its audience. */
export function introspectionResponse(
  context: Pick<OAuthContext, "settings" | "signer" | "clock">,
  caller: Introspector,
  answer: IntrospectionAnswer,
  signed: boolean,
): HttpResponse {
  if (!signed) return json(200, answer, caller.headers);
  const { signer, settings, clock } = context;
  const alg = signer.algs().find((known) => known === caller.alg);
  // RFC 9701 §5: typ of its own, and the token's facts inside one claim, so it never passes as an access token
  const claims = { iss: settings.issuer, aud: caller.clientId, iat: clock.now(), token_introspection: answer };
  const { jwt } = signer.sign(claims, { typ: "token-introspection+jwt", ...(alg === undefined ? {} : { alg }) });
  return { status: 200, headers: { "content-type": SIGNED_TYPE, "cache-control": "no-store", ...caller.headers }, body: jwt };
}
