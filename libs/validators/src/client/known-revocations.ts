import { clientStreamId, consentStreamId, resourceStreamId } from "@grantline/oauth/context";

/** What of a JWT access token revocations are judged by: its claims, and the `kid` of its header. Times are epoch seconds. */
export interface TokenFacts {
  readonly jti: string;
  readonly iat: number;
  readonly sub: string;
  readonly aud: string;
  readonly client_id: string;
  readonly kid: string;
  readonly gid?: string;
  readonly sid?: string;
  readonly gen: Readonly<Record<string, number>>;
}

/** Revocations heard of, for as long as a token they concern may live. */
export interface KnownRevocations {
  add(entry: { readonly kind: string; readonly id: string; readonly generation?: number }): void;
  revoked(token: TokenFacts): boolean;
  /** Entries held. */
  size(): number;
}

export interface KnownRevocationsOptions {
  /** Longest life of a token, seconds: after it a revocation has nothing left to revoke. */
  readonly tokenLifetime: number;
  /** Most entries; when there are more, the older half of the time is forgotten at once and `onForgotten` is told. */
  readonly most: number;
  readonly onForgotten: () => void;
  /** Milliseconds of a clock that only goes forward. */
  readonly nowMs?: () => number;
}

/** Stands for "all of it", whatever its generation. */
const ALL = Number.POSITIVE_INFINITY;

/** Two maps, by turns: what was heard in this lifetime and in the one before. So nothing is swept, and memory is bounded by two lifetimes. */
export function createKnownRevocations(options: KnownRevocationsOptions): KnownRevocations {
  const { tokenLifetime, most, onForgotten, nowMs = () => performance.now() } = options;
  let newer = new Map<string, number>();
  let older = new Map<string, number>();
  let turnedMs = nowMs();

  const turn = (now: number): void => {
    older = newer;
    newer = new Map();
    turnedMs = now;
  };
  const generationOf = (kind: string, id: string | undefined): number => {
    if (id === undefined) return 0;
    const key = `${kind} ${id}`;
    return Math.max(newer.get(key) ?? 0, older.get(key) ?? 0);
  };
  return {
    add({ kind, id, generation = ALL }) {
      const now = nowMs();
      if (now - turnedMs >= tokenLifetime * 1_000) turn(now);
      else if (newer.size >= most) {
        if (older.size > 0) onForgotten();
        turn(now);
      }
      const key = `${kind} ${id}`;
      newer.set(key, Math.max(newer.get(key) ?? 0, generation));
    },
    revoked({ jti, gid, sid, kid, sub, aud, client_id, gen }) {
      if (newer.size + older.size === 0) return false;
      const raised = (kind: string, id: string): boolean => generationOf(kind, id) > (gen[kind] ?? 0);
      return (
        [generationOf("token", jti), generationOf("grant", gid), generationOf("session", sid), generationOf("key", kid)].includes(ALL) ||
        raised("client", clientStreamId(client_id)) ||
        raised("resource", resourceStreamId(aud)) ||
        // without a person there is neither a subject nor a consent behind the token
        (gen["subject"] !== undefined && raised("subject", sub)) ||
        (gen["consent"] !== undefined && raised("consent", consentStreamId(sub, client_id)))
      );
    },
    size: () => newer.size + older.size,
  };
}
