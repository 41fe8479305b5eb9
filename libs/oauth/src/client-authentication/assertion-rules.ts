import { decodeJwt, decodeProtectedHeader, type JWTPayload } from "jose";
import type { OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";

/** Algorithms a client assertion may be signed with. Asymmetric only: `none` and HS* never (RFC 8725 §3.1). */
export const ASSERTION_ALGS = ["ES256", "EdDSA", "RS256", "PS256"] as const;

const LONGEST = 8192;
const LONGEST_JTI = 256;
const MOST_AUDIENCES = 10;
/** Seconds an assertion may end ahead of now: five minutes of life, and as much again for a client whose clock is ahead. */
export const LONGEST_LIFE = 600;
/** Seconds of clock difference forgiven. */
export const LEEWAY = 60;

export interface AssertionHeader {
  readonly alg: string;
  readonly kid?: string;
}

/** Claims that passed every check. Times in epoch seconds. */
export interface AssertionClaims {
  readonly jti: string;
  readonly exp: number;
  readonly issuedAt: number;
}

/** Who an unverified assertion says it is about: only names the client whose keys to try. */
export function assertionSubject(assertion: string): string {
  const { sub } = payloadOf(assertion);
  if (typeof sub !== "string" || sub === "" || sub.length > 2048) throw claims("The client assertion has no usable sub.");
  return sub;
}

/** Header of an assertion within size, shape and algorithms. */
export function assertionHeader(assertion: string): AssertionHeader {
  const { alg, kid } = headerOf(assertion);
  // RFC 8725 §3.1: algorithms from our own list, whatever the header says
  if (!ASSERTION_ALGS.some((allowed) => allowed === alg)) {
    throw new OAuthError(
      "invalid_client",
      "assertion-alg",
      `The client assertion must be signed with one of ${ASSERTION_ALGS.join(", ")}.`,
    );
  }
  if (kid !== undefined && (typeof kid !== "string" || kid.length > LONGEST_JTI)) throw malformed();
  return { alg: alg as string, ...(kid === undefined ? {} : { kid }) };
}

/** RFC 7523 §3: the claims of a verified assertion. `audiences` are the values that mean us. */
export function checkAssertionClaims(payload: JWTPayload, clientId: string, audiences: ReadonlySet<string>, now: number): AssertionClaims {
  // RFC 7523 §3 (1, 2): issuer and subject are both the client
  if (payload.iss !== clientId || payload.sub !== clientId) throw claims("iss and sub of the client assertion must be the client_id.");
  if (!audiencesOf(payload.aud).some((audience) => audiences.has(audience)))
    throw claims("aud of the client assertion must be the issuer.");
  const { exp, jti, iat, nbf } = payload;
  if (!isTime(exp) || exp <= now - LEEWAY) throw claims("The client assertion has expired, or has no exp.");
  // OAuth 2.1 §2.4: a short life bounds what a stolen assertion is worth and what must be remembered
  if (exp > now + LONGEST_LIFE) throw claims("exp of the client assertion must be at most 5 minutes ahead.");
  if ((nbf !== undefined && !notAfter(nbf, now)) || (iat !== undefined && !notAfter(iat, now)))
    throw claims("The client assertion is not valid yet.");
  // RFC 7523 §3 (7): jti makes replay detectable, so we demand it
  if (typeof jti !== "string" || jti === "" || jti.length > LONGEST_JTI)
    throw claims("The client assertion needs a jti of at most 256 characters.");
  return { jti, exp, issuedAt: isTime(iat) ? iat : exp - LONGEST_LIFE };
}

/**
 * The issuer with or without one trailing slash, the token endpoint, or the endpoint called: rfc7523bis wants the issuer,
 * older clients send the endpoint (mcp-auth.md 1.6).
 */
export function ourAudiences({ issuer, origin, basePath }: OAuthContext["settings"], path: string): ReadonlySet<string> {
  const twin = issuer.endsWith("/") ? issuer.slice(0, -1) : `${issuer}/`;
  return new Set([issuer, twin, `${origin}${basePath}/token`, `${origin}${path}`]);
}

function audiencesOf(aud: unknown): readonly string[] {
  const list = typeof aud === "string" ? [aud] : Array.isArray(aud) ? aud : [];
  return list.length > MOST_AUDIENCES ? [] : list.filter((each) => typeof each === "string");
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function notAfter(value: unknown, now: number): boolean {
  return isTime(value) && value <= now + LEEWAY;
}

function headerOf(assertion: string): Record<string, unknown> {
  // Five parts would be a JWE, which we never decrypt (K-10)
  if (assertion.length > LONGEST || assertion.split(".", 4).length !== 3) throw malformed();
  try {
    const header = decodeProtectedHeader(assertion) as Record<string, unknown>;
    // RFC 7515 §4.1.11: we understand no critical extension
    if (header["crit"] !== undefined) throw malformed();
    return header;
  } catch (cause) {
    throw malformed(cause);
  }
}

function payloadOf(assertion: string): JWTPayload {
  headerOf(assertion);
  try {
    return decodeJwt(assertion);
  } catch (cause) {
    throw malformed(cause);
  }
}

function malformed(cause?: unknown): OAuthError {
  return new OAuthError("invalid_client", "assertion-malformed", "The client assertion is not a well-formed signed JWT.", { cause });
}

function claims(description: string): OAuthError {
  return new OAuthError("invalid_client", "assertion-claims", description);
}
