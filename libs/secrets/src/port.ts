import type { SecretName } from "./secret-name.ts";

export interface SecretMetadata {
  /** Epoch seconds; absent where the store keeps none. */
  readonly createdAt?: number;
  /** Epoch seconds at which whoever issued the value ends it. A store hands an expired value out all the same: its reader may need it to get the next. */
  readonly expiresAt?: number;
  /** Opaque; changes with every write. Of stores that keep none it is comparable within one process only. */
  readonly version: string;
}

export interface Secret extends SecretMetadata {
  readonly value: string;
  /** Which store it came from. */
  readonly store: string;
}

export interface SecretListing extends Partial<SecretMetadata> {
  readonly name: SecretName;
  readonly store: string;
}

export interface SetSecretOptions {
  /** Epoch seconds. */
  readonly expiresAt?: number;
}

export interface StoreHealth {
  readonly store: string;
  /** `absent`: not there in this installation, which is no fault. */
  readonly status: "ready" | "degraded" | "absent";
  readonly writable: boolean;
  /** One line for an operator; no secret. */
  readonly detail?: string;
  /** Epoch milliseconds; of a degraded store, when it is tried next. */
  readonly retryAtMs?: number;
}

/**
 * Where secrets are kept. Names are checked by every method (`SecretRefused`), so that whatever text arrives here can't become a path, an option or
 * another secret's name. A store that can't answer rejects with `SecretStoreUnavailable`; undefined always means "there is none".
 */
export interface SecretStore {
  readonly name: string;
  /** False: `set` and `delete` reject with SecretStoreReadOnly. */
  readonly writable: boolean;
  get(name: string): Promise<Secret | undefined>;
  /** Replaces the value; readers see the former one or this one, never a part. */
  set(name: string, value: string, options?: SetSecretOptions): Promise<SecretMetadata>;
  /** True when there was one. */
  delete(name: string): Promise<boolean>;
  /** Names and what is known of them, without values, sorted by name. */
  list(): Promise<readonly SecretListing[]>;
  /** What can be said of it now, store by store. Never rejects. */
  health(): Promise<readonly StoreHealth[]>;
  close(): Promise<void>;
}
