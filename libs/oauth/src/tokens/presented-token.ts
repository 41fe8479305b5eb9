import type { AccessTokenRecord } from "@grantline/domain/grant";
import type { TokenSigner } from "@grantline/keys";
import { ACCESS_TOKEN_TYP } from "./access-token-claims.ts";
import { hasPrefix } from "./artefact.ts";
import { sameHash, sha256 } from "./hashes.ts";
import { type Locator, parseLocator } from "./locator.ts";
import { parseOpaqueAccessToken } from "./opaque-access-token.ts";

/** A value somebody gave us as an access token: where its record would be, and the hash to compare with it. Nothing is proven yet. */
export interface PresentedToken {
  readonly value: string;
  readonly locator: Locator;
  readonly hash: string;
}

const LONGEST_JWT = 8192;

export function readPresented(value: string): PresentedToken | undefined {
  const locator = hasPrefix("access", value) ? parseOpaqueAccessToken(value) : jwtLocator(value);
  return locator === undefined ? undefined : { value, locator, hash: sha256(value) };
}

/** The jti of an unverified JWT. Only says where to look; what is found there decides. */
function jwtLocator(value: string): Locator | undefined {
  if (value.length > LONGEST_JWT) return undefined;
  const first = value.indexOf(".");
  const last = value.indexOf(".", first + 1);
  if (first < 1 || last < 0) return undefined;
  try {
    const payload: unknown = JSON.parse(Buffer.from(value.slice(first + 1, last), "base64url").toString());
    const jti = typeof payload === "object" && payload !== null && "jti" in payload ? payload.jti : undefined;
    return typeof jti === "string" ? parseLocator(jti) : undefined;
  } catch {
    // not JSON: no token of ours, which is an answer and not a failure
    return undefined;
  }
}

/**
 * Is the presented value the recorded token? Its hash says so; for a JWT signed again at a retry (P4), which no event has the
 * hash of, our signature over the recorded facts does. A key that lost our trust vouches for nothing.
 */
export function isRecordedToken(
  signer: TokenSigner,
  presented: PresentedToken,
  clientId: string,
  record: Omit<AccessTokenRecord, "n">,
): boolean {
  if (sameHash(presented.hash, record.hash)) return record.kid === undefined || signer.trusted(record.kid);
  if (record.format !== "jwt") return false;
  const verified = signer.verify(presented.value);
  // RFC 9068 §4: typ keeps other JWTs of ours (ID tokens, signed answers) from passing as access tokens
  if (verified === undefined || verified.header["typ"] !== ACCESS_TOKEN_TYP) return false;
  const { jti, exp, aud, scope = "", client_id: client } = verified.payload;
  return jti === record.jti && exp === record.exp && aud === record.aud && scope === record.scope.join(" ") && client === clientId;
}
