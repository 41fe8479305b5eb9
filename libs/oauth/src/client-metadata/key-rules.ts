import { createPublicKey, type JsonWebKey } from "node:crypto";
import { OAuthError } from "../errors/index.ts";

const PRIVATE_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
const EC_CURVES = new Set(["P-256", "P-384", "P-521"]);
const MAX_KEYS = 10;
const MIN_RSA_BITS = 2_048;
/** Larger moduli cost seconds of CPU to check a signature with. */
const MAX_RSA_BITS = 8_192;

/**
 * Refuses key sets that are private, weak or malformed. Throws OAuthError `invalid_client_metadata`.
 */
export function checkJwks(jwks: { readonly keys: readonly Record<string, unknown>[] }): void {
  if (jwks.keys.length === 0 || jwks.keys.length > MAX_KEYS) throw refused(`must hold 1 to ${MAX_KEYS} keys`);
  for (const key of jwks.keys) checkKey(key);
}

/** The keys of a set that pass those rules; for sets fetched later, where one odd key must not take the good ones with it. */
export function usableKeys(keys: readonly Record<string, unknown>[]): readonly Record<string, unknown>[] {
  return keys.slice(0, MAX_KEYS).filter((key) => {
    try {
      checkKey(key);
      return true;
    } catch (error) {
      if (error instanceof OAuthError) return false;
      throw error;
    }
  });
}

function checkKey(jwk: Record<string, unknown>): void {
  // RFC 7591 §2: jwks holds public keys; a private or symmetric one sent here is already lost
  if (PRIVATE_MEMBERS.some((member) => member in jwk)) throw refused("holds private or symmetric key material");
  if (jwk["kty"] === "RSA") return checkRsa(jwk);
  if (jwk["kty"] === "EC" && EC_CURVES.has(String(jwk["crv"]))) return checkImportable(jwk);
  if (jwk["kty"] === "OKP" && jwk["crv"] === "Ed25519") return checkImportable(jwk);
  throw refused("holds a key of a kind that is not supported");
}

function checkRsa(jwk: Record<string, unknown>): void {
  checkImportable(jwk);
  const modulus = BigInt(`0x${Buffer.from(String(jwk["n"]), "base64url").toString("hex")}`);
  const bits = modulus.toString(2).length;
  // RFC 7518 §3.3: RSA keys of 2048 bits or more
  if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS) throw refused(`holds an RSA key outside ${MIN_RSA_BITS} to ${MAX_RSA_BITS} bits`);
  const exponent = BigInt(`0x${Buffer.from(String(jwk["e"]), "base64url").toString("hex")}`);
  if (exponent < 65_537n || exponent % 2n === 0n || exponent >= 1n << 33n) throw refused("holds an RSA key with an unsafe exponent");
  if (hasRocaFingerprint(modulus)) throw refused("holds an RSA key that can be factored");
}

// The crypto library refuses points off their curve and values of the wrong length.
function checkImportable(jwk: Record<string, unknown>): void {
  try {
    createPublicKey({ key: jwk as JsonWebKey, format: "jwk" });
  } catch {
    throw refused("holds a malformed key");
  }
}

/** Small primes for which 65537 does not generate the whole group. */
const ROCA_PRIMES = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];

/** CVE-2017-15361: such moduli are powers of 65537 modulo many small primes, which makes them factorable. */
function hasRocaFingerprint(modulus: bigint): boolean {
  return ROCA_PRIMES.every((prime) => powersOf65537(prime).has(Number(modulus % BigInt(prime))));
}

function powersOf65537(prime: number): ReadonlySet<number> {
  const powers = new Set<number>();
  for (let power = 1; !powers.has(power); power = (power * 65_537) % prime) powers.add(power);
  return powers;
}

function refused(why: string): OAuthError {
  return new OAuthError("invalid_client_metadata", "metadata-invalid", `The member jwks ${why}.`);
}
