import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify, type JWTVerifyGetKey } from "jose";
import type { RevocationFollower } from "./follower.ts";
import type { Introspect } from "./introspector.ts";
import type { TokenFacts } from "./known-revocations.ts";

/** Nobody can say whether the token is good: answer 503, never 200. */
export class ValidatorUnavailable extends Error {
  override readonly name = "ValidatorUnavailable";
}

export type Verdict =
  /** `by`: judged here, or by the server. */
  | { readonly active: true; readonly claims: Readonly<Record<string, unknown>>; readonly by: "local" | "introspection" }
  | { readonly active: false; readonly by: "local" | "introspection" };

export interface LocalValidatorOptions {
  readonly issuer: string;
  /** The resource's URI as registered: what `aud` must be. */
  readonly resource: string;
  /** `jwks_uri` of the metadata document, or keys as jose takes them. */
  readonly jwks: string | URL | JWTVerifyGetKey;
  readonly follower: Pick<RevocationFollower, "blind" | "knows" | "revoked">;
  /** Asked for tokens that can't be judged here. */
  readonly introspect: Introspect;
  /** Seconds the clocks may differ; default 5. */
  readonly clockTolerance?: number;
}

export interface LocalValidator {
  /** @throws ValidatorUnavailable when it can't be judged here and introspection does not answer. */
  validate(token: string): Promise<Verdict>;
}

const INACTIVE: Verdict = { active: false, by: "local" };
const ALGORITHMS = ["ES256", "EdDSA", "RS256"];

/**
 * Judges access tokens without asking: signature, claims (RFC 9068 §4) and what the revocation feed has told. Asks introspection for opaque tokens, for those
 * older than the follower, and for all while it is blind.
 */
export function createLocalValidator(options: LocalValidatorOptions): LocalValidator {
  const { issuer, resource, follower, introspect, clockTolerance = 5 } = options;
  const keys = typeof options.jwks === "function" ? options.jwks : createRemoteJWKSet(new URL(options.jwks));
  const verify = (token: string) =>
    jwtVerify(token, keys, {
      issuer,
      audience: resource,
      typ: "at+jwt",
      algorithms: ALGORITHMS,
      clockTolerance,
      requiredClaims: ["jti", "iat", "exp", "sub", "client_id"],
    });

  const ask = async (token: string): Promise<Verdict> => {
    const answer = await introspect(token).catch((error: unknown) => {
      throw new ValidatorUnavailable("the token can't be judged here, and introspection does not answer", { cause: error });
    });
    // RFC 9068 §4: a token for another resource is none for this one, whoever says that it is active
    if (answer === undefined || answer["aud"] !== resource) return { active: false, by: "introspection" };
    return { active: true, claims: answer, by: "introspection" };
  };

  return {
    async validate(token) {
      if (!isJwt(token)) return ask(token);
      let verified: Awaited<ReturnType<typeof verify>>;
      try {
        verified = await verify(token);
      } catch (error) {
        return saysNo(error) ? INACTIVE : ask(token);
      }
      const facts = factsOf(verified.payload, verified.protectedHeader.kid);
      if (facts === undefined) return ask(token);
      if (follower.revoked(facts)) return INACTIVE;
      if (follower.blind() || !follower.knows(facts)) return ask(token);
      return { active: true, claims: verified.payload, by: "local" };
    },
  };
}

function isJwt(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token) && !token.startsWith("gl_");
}

/** Is the token itself wrong? Else the keys could not be had, or are not the newest: a key this process does not know may have been made a moment ago. */
function saysNo(error: unknown): boolean {
  return (
    error instanceof errors.JOSEError &&
    !(error instanceof errors.JWKSTimeout) &&
    !(error instanceof errors.JWKSInvalid) &&
    !(error instanceof errors.JWKSNoMatchingKey) &&
    error.code !== "ERR_JOSE_GENERIC"
  );
}

/** What revocations are judged by; undefined for a token that does not carry it, as those of releases before the feed. */
function factsOf(payload: JWTPayload, kid: string | undefined): TokenFacts | undefined {
  const { jti, iat, sub, aud, client_id, gid, sid, gen } = payload;
  const complete = typeof jti === "string" && typeof iat === "number" && typeof sub === "string" && typeof aud === "string";
  if (!complete || typeof client_id !== "string" || kid === undefined || typeof gen !== "object" || gen === null) return undefined;
  return {
    jti,
    iat,
    sub,
    aud,
    client_id,
    kid,
    gen: gen as TokenFacts["gen"],
    ...(typeof gid === "string" ? { gid } : {}),
    ...(typeof sid === "string" ? { sid } : {}),
  };
}
