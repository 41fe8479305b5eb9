import type { SigningAlg } from "@grantline/domain/keyring";

/** Private signing keys, wrapped at rest under the KEK (AES-256-GCM). Public parts and status live in the keyring stream. */
export interface SigningKeyVault {
  /** Makes a key pair, stores the private part wrapped, returns the public JWK (with kid, alg, use). */
  create(alg: SigningAlg): Promise<{ readonly kid: string; readonly publicJwk: Readonly<Record<string, string>> }>;
  /** Unwraps once, then cached until destroyed. */
  privateKey(kid: string): Promise<import("node:crypto").KeyObject>;
  destroy(kid: string): Promise<void>;
}

/** What issues JWTs: follows the keyring stream. Synchronous on the hot path. */
export interface TokenSigner {
  /** Signs a compact JWS with the active key of `alg`. `typ` goes to the header. */
  sign(
    payload: object,
    options: { readonly alg?: SigningAlg; readonly typ: string },
  ): { readonly jwt: string; readonly kid: string; readonly alg: SigningAlg };
  /** Verifies a compact JWS of our own: known, not compromised kid; alg of that key. Undefined when it does not hold. No claim is checked. */
  verify(jwt: string): { readonly header: Record<string, unknown>; readonly payload: Record<string, unknown> } | undefined;
  /** The published JWKS: every key published, active or retired and not yet due for removal. */
  jwks(): { readonly keys: readonly Record<string, string>[] };
  /** False once the key has been marked compromised or removed. */
  trusted(kid: string): boolean;
  algs(): readonly SigningAlg[];
  /**
   * Makes sure that what is said of keys is no older than a compromise acknowledged before the call, by any process (P5). Undefined, without a
   * promise, while that is so anyway; else wait for it.
   */
  current(): Promise<void> | undefined;
}

/** P4: keys from which a refresh generation's values can be made again. Replaced daily, destroyed an hour after. */
export interface RetryKeys {
  /** The key for new generations. */
  current(): { readonly keyId: string };
  /** HMAC-SHA-256(key, label ‖ nonce), 32 bytes base64url; undefined when the key is gone. */
  derive(keyId: string, label: string, nonce: string): string | undefined;
}

/** Seals short-lived state into cookies, PAR request_uris and interactions. AEAD, `purpose` is associated data: no artefact passes as another. */
export interface Seals {
  seal(purpose: string, value: object): string;
  /** Undefined when forged, of another purpose or under a key gone. Expiry is in the value and the caller's to check. */
  open<T>(purpose: string, sealed: string): T | undefined;
}

/** One key per subject for personal data; destroying it is the erasure (P9). */
export interface SubjectKeys {
  seal(subject: string, aad: string, plain: string): Promise<string>;
  /** Undefined once the subject's key has been destroyed. */
  open(subject: string, aad: string, sealed: string): Promise<string | undefined>;
  destroy(subject: string): Promise<void>;
  /** Keyed hash of (iss, sub) that names the login stream. */
  loginHash(iss: string, sub: string): string;
  /** Seals an address or user agent under the day's key; cached, so cheap. */
  sealAddress(value: string, now: number): string;
}

/** Everything an adapter of the key ports gives. One contract suite (`@grantline/keys/contract`) for every adapter. */
export interface KeyStore {
  readonly vault: SigningKeyVault;
  readonly retryKeys: RetryKeys;
  readonly seals: Seals;
  /** With the way back for sealed addresses, for who investigates within the 90 days. */
  readonly subjectKeys: SubjectKeys & { openAddress(sealed: string): string | undefined };
  /** Destroys keys whose time is over. Runs by itself every five minutes. */
  prune(): void | Promise<void>;
  /** Stores behind a network: takes in what other processes have made and destroyed. Runs by itself, at least every minute. */
  refresh?(): Promise<void>;
  close(): void | Promise<void>;
}
