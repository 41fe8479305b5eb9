import type { JWK } from "jose";
import type { ClientView, OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import type { AssertionHeader } from "./assertion-rules.ts";

type KeySources = Pick<OAuthContext, "fetchJwks">;

/** Keys tried for one assertion at most: each costs a signature check. */
const MOST_TRIED = 4;
const KEY_TYPE: Readonly<Record<string, string>> = { ES256: "EC", EdDSA: "OKP", RS256: "RSA", PS256: "RSA" };

/** The client's keys that may have signed, best first. A kid its jwks_uri did not have yet makes us look once more. */
export async function assertionKeys(context: KeySources, client: ClientView, header: AssertionHeader): Promise<readonly JWK[]> {
  const { jwks, jwks_uri: uri } = client.state.metadata;
  if (jwks !== undefined) return candidates(jwks.keys, header);
  if (uri === undefined || context.fetchJwks === undefined) {
    throw new OAuthError("invalid_client", "client-keys-unavailable", "This client has registered no keys to check its assertion with.");
  }
  const known = candidates((await context.fetchJwks(uri)).keys, header);
  // Keys roll: an unknown kid is a reason to fetch again, as often as the fetcher allows
  return known.length > 0 ? known : candidates((await context.fetchJwks(uri, { refresh: true })).keys, header);
}

function candidates(keys: readonly Readonly<Record<string, unknown>>[], { alg, kid }: AssertionHeader): readonly JWK[] {
  const fitting = keys.filter(
    (key) => key["kty"] === KEY_TYPE[alg] && (key["alg"] === undefined || key["alg"] === alg) && key["use"] !== "enc",
  );
  // RFC 7515 §4.1.4: kid says which key; keys without one may still be meant
  const named = kid === undefined ? fitting : fitting.filter((key) => key["kid"] === kid || key["kid"] === undefined);
  return named.slice(0, MOST_TRIED) as readonly JWK[];
}
