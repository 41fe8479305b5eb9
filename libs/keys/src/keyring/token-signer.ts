import type { SigningAlg, SigningKey } from "@grantline/domain/keyring";
import { LRUCache } from "lru-cache";
import type { TokenSigner } from "../port.ts";
import { encodeSegment, parseSegment, splitJws } from "./jws.ts";
import type { ActiveKey, KeySnapshot } from "./key-snapshot.ts";

type Verified = NonNullable<ReturnType<TokenSigner["verify"]>>;

export interface SignerOptions {
  readonly snapshot: () => KeySnapshot;
  /** Algorithms in order of preference; the first is the default. */
  readonly algs: readonly SigningAlg[];
  readonly clock: { now(): number };
  /** Called when a token names a key this process has not heard of: another process may have made it. */
  readonly onUnknownKey: () => void;
  /** See TokenSigner. */
  readonly current: () => Promise<void> | undefined;
}

const VERIFIED_KEPT = 4096;

/** Signs and verifies with whatever the current snapshot says; a rotation is one assignment, so no call ever waits or fails for it. */
export function createTokenSigner(options: SignerOptions): TokenSigner {
  const { snapshot, algs, clock, onUnknownKey } = options;
  // A token is verified once and introspected often. Whether its key is still trusted is asked every time.
  const verified = new LRUCache<string, Verified & { readonly kid: string }>({ max: VERIFIED_KEPT });
  let published: { readonly of: KeySnapshot; readonly until: number; readonly document: ReturnType<TokenSigner["jwks"]> } | undefined;

  return {
    sign(payload, { alg, typ }) {
      const key = activeKey(snapshot(), alg === undefined ? algs : [alg]);
      const input = `${headerOf(key, typ)}.${encodeSegment(payload)}`;
      return { jwt: `${input}.${key.sign(input)}`, kid: key.kid, alg: key.alg };
    },
    verify(jwt) {
      const kept = verified.get(jwt);
      if (kept) return snapshot().trusted.has(kept.kid) ? kept : undefined;
      const fresh = verifyFresh(jwt, snapshot(), onUnknownKey);
      if (fresh) verified.set(jwt, fresh);
      return fresh;
    },
    jwks() {
      const now = clock.now();
      if (published?.of === snapshot() && now < published.until) return published.document;
      const keys = snapshot().keys.filter((key) => isPublished(key, now));
      const until = Math.min(...keys.map((key) => key.removeAfter ?? Infinity));
      published = { of: snapshot(), until, document: { keys: keys.toSorted(byUse).map((key) => key.publicJwk) } };
      return published.document;
    },
    trusted: (kid) => snapshot().trusted.has(kid),
    algs: () => algs.filter((alg) => snapshot().active.has(alg)),
    current: options.current,
  };
}

function activeKey({ active }: KeySnapshot, wanted: readonly SigningAlg[]): ActiveKey {
  for (const alg of wanted) {
    const key = active.get(alg);
    if (key) return key;
  }
  throw new Error(`no active signing key for ${wanted.join(", ")}: start the keyring service first`);
}

function headerOf({ headers, alg, kid }: ActiveKey, typ: string): string {
  const known = headers.get(typ);
  if (known !== undefined) return known;
  const header = encodeSegment({ alg, typ, kid });
  headers.set(typ, header);
  return header;
}

function verifyFresh(jwt: string, { trusted }: KeySnapshot, onUnknownKey: () => void): (Verified & { readonly kid: string }) | undefined {
  const parts = splitJws(jwt);
  const header = parts && parseSegment(parts.header);
  if (!parts || !header || typeof header["kid"] !== "string") return undefined;
  const known = trusted.get(header["kid"]);
  if (!known) {
    onUnknownKey();
    return undefined;
  }
  // RFC 8725 §3.1: the key decides the algorithm, the token only has to agree; so "none" and a swapped one fail here
  if (header["alg"] !== known.key.alg) return undefined;
  // RFC 7515 §4.1.11: we understand no critical extension
  if (header["crit"] !== undefined) return undefined;
  if (!known.verify(parts.input, parts.signature)) return undefined;
  const payload = parseSegment(parts.payload);
  return payload && { header, payload, kid: known.key.kid };
}

function isPublished(key: SigningKey, now: number): boolean {
  return key.status === "published" || key.status === "active" || (key.status === "retired" && (key.removeAfter ?? 0) > now);
}

/** Clients that take the first key that fits should find the one that signs. */
function byUse(a: SigningKey, b: SigningKey): number {
  const rank = (key: SigningKey) => ["active", "published", "retired"].indexOf(key.status);
  return rank(a) - rank(b) || (a.kid < b.kid ? -1 : 1);
}
