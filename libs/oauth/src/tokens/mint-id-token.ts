import { hash } from "node:crypto";
import type { GrantBasis } from "@grantline/domain/grant";
import type { SigningAlg } from "@grantline/domain/keyring";
import type { ClientView, OAuthContext } from "../context/index.ts";
import { personalClaims } from "./personal-claims.ts";

/**
 * An ID token (OIDC Core §2) for a grant with `openid`. `now` is the access token's time of issue, so a retry says the same.
 * Claims about the person only by scope.
 */
export async function mintIdToken(
  context: Pick<OAuthContext, "settings" | "signer" | "subjects" | "subjectKeys">,
  of: {
    readonly basis: GrantBasis;
    readonly client: ClientView;
    readonly accessToken: string;
    readonly scope: readonly string[];
    readonly now: number;
  },
): Promise<string> {
  const { basis, client, now } = of;
  const { signer, settings } = context;
  const alg = signer.algs().find((known) => known === client.state.metadata.id_token_signed_response_alg) ?? "ES256";
  const claims = {
    ...(await personalClaims(context, basis.subject, of.scope)),
    iss: settings.issuer,
    sub: basis.subject,
    aud: client.clientId,
    exp: now + settings.lifetimes[basis.entity].idToken,
    iat: now,
    auth_time: basis.authTime,
    ...(basis.nonce === undefined ? {} : { nonce: basis.nonce }),
    ...(basis.amr.length === 0 ? {} : { amr: basis.amr }),
    ...(basis.sessionId === undefined ? {} : { sid: basis.sessionId }),
    at_hash: accessTokenHash(of.accessToken, alg),
  };
  return signer.sign(claims, { alg, typ: "JWT" }).jwt;
}

// OIDC Core §3.1.3.6: the left half of the access token's hash, by the hash of the signing algorithm
function accessTokenHash(accessToken: string, alg: SigningAlg): string {
  const digest = hash(alg === "EdDSA" ? "sha512" : "sha256", accessToken, "buffer");
  return digest.subarray(0, digest.length / 2).toString("base64url");
}
