import type { AccessTokenRecord, GrantAuthorized, GrantCommand, GrantEvent, RefreshTokenRecord } from "../grant/index.ts";
import type { Recorded, Standing } from "../kernel/index.ts";
import { at } from "./given.ts";

/** When the grants of the tests are authorized, epoch seconds. */
export const T0 = 1_000_000;
export const RETRY_WINDOW = 30;

type Of<K extends GrantCommand["kind"]> = Extract<GrantCommand, { kind: K }>;

/** A stand-in for base64url SHA-256: 43 characters, told apart by its text. */
export function digest(of: string): string {
  return of
    .replaceAll(/[^\w-]/g, "_")
    .padEnd(43, "0")
    .slice(0, 43);
}

export function authorization(changes: Partial<GrantAuthorized["data"]> = {}): GrantAuthorized["data"] {
  return {
    clientId: "c1",
    subject: "s1",
    entity: "human",
    sessionId: "session-1",
    resources: [
      { id: "r1", uri: "https://one.test/mcp", scopes: ["read", "write"] },
      { id: "r2", uri: "https://two.test/", scopes: ["read", "admin"] },
    ],
    scope: ["openid", "offline_access", "read", "write", "admin"],
    authTime: T0 - 5,
    amr: ["pwd"],
    generations: { client: 1, subject: 1, consent: 1, resources: { r1: 1, r2: 1 } },
    refreshable: true,
    absoluteExpiresAt: T0 + 10_000,
    offline: false,
    codeHash: digest("code"),
    codeExpiresAt: T0 + 60,
    codeChallenge: digest("challenge"),
    redirectUri: "http://127.0.0.1:3000/callback",
    redirectUriGiven: true,
    consent: { stream: "consent-s1-c1", revision: 0 },
    ...changes,
  };
}

export function access(n: number, changes: Partial<AccessTokenRecord> = {}): AccessTokenRecord {
  const iat = T0 + n;
  return {
    n,
    jti: `g1.${n}`,
    hash: digest(`access-${n}`),
    format: "opaque",
    aud: "https://one.test/mcp",
    resource: "r1",
    scope: ["read"],
    iat,
    exp: iat + 900,
    ...changes,
  };
}

export function refresh(generation: number, changes: Partial<RefreshTokenRecord> = {}): RefreshTokenRecord {
  return {
    generation,
    hash: digest(`refresh-${generation}`),
    nonce: `nonce-${generation}`,
    keyId: "k1",
    idleExpiresAt: T0 + 5_000,
    ...changes,
  };
}

export const good: Standing = {
  generations: { client: 1, subject: 1, consent: 1, resources: { r1: 1, r2: 1 } },
  clientActive: true,
  subjectActive: true,
  sessionActive: true,
};

export function redeem(changes: Partial<Of<"redeem-code">> = {}): Of<"redeem-code"> {
  return {
    kind: "redeem-code",
    now: T0 + 1,
    clientId: "c1",
    codeHash: digest("code"),
    verifierChallenge: digest("challenge"),
    redirectUri: "http://127.0.0.1:3000/callback",
    standing: good,
    access: access(0),
    refresh: refresh(0),
    ...changes,
  };
}

/** Presents generation `generation`, with its successor minted. */
export function rotate(generation: number, changes: Partial<Of<"rotate-refresh">> = {}): Of<"rotate-refresh"> {
  return {
    kind: "rotate-refresh",
    now: T0 + 100,
    clientId: "c1",
    generation,
    presentedHash: digest(`refresh-${generation}`),
    standing: good,
    retryWindowSeconds: RETRY_WINDOW,
    access: access(generation + 1),
    refresh: refresh(generation + 1),
    ...changes,
  };
}

export function authorized(changes: Partial<GrantAuthorized["data"]> = {}): readonly Recorded<GrantEvent>[] {
  return at<GrantEvent>(T0, { type: "GrantAuthorized", data: authorization(changes) });
}

/** Authorized and redeemed: generation 0 is current. */
export function active(changes: Partial<GrantAuthorized["data"]> = {}): readonly Recorded<GrantEvent>[] {
  return [...authorized(changes), ...at<GrantEvent>(T0 + 1, { type: "CodeRedeemed", data: { access: access(0), refresh: refresh(0) } })];
}

/** The rotation that uses `generation`, recorded at `time`. */
export function rotation(generation: number, time: number): readonly Recorded<GrantEvent>[] {
  return at<GrantEvent>(time, { type: "RefreshTokenRotated", data: { access: access(generation + 1), refresh: refresh(generation + 1) } });
}
