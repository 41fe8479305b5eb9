/*
 * No error of a secret store holds a value, and none has a cause: the errors of SDKs and child processes carry requests, headers and input.
 * What an operator needs of them (a status, a code) is in the message.
 */

/** What was asked for is wrong and will be wrong again: a malformed name, a value no store can keep. */
export class SecretRefused extends Error {
  override readonly name = "SecretRefused";
  readonly what: "name" | "value" | "expiry" | "export";

  constructor(what: SecretRefused["what"], message: string) {
    super(message);
    this.what = what;
  }
}

/** The store can't answer now. Trying again later is sensible. */
export class SecretStoreUnavailable extends Error {
  override readonly name = "SecretStoreUnavailable";
  readonly store: string;
  /** When the store itself said how long to leave it alone. */
  readonly retryAfterMs: number | undefined;

  constructor(store: string, message: string, retryAfterMs?: number) {
    super(`${store}: ${message}`);
    this.store = store;
    this.retryAfterMs = retryAfterMs;
  }
}

/** There is no such store here: no tool, no folder. Nothing is wrong, it is passed over. */
export class SecretStoreAbsent extends Error {
  override readonly name = "SecretStoreAbsent";

  constructor(store: string, message: string) {
    super(`${store}: ${message}`);
  }
}

/** Nothing can be written there, or what is written there would not be read. */
export class SecretStoreReadOnly extends Error {
  override readonly name = "SecretStoreReadOnly";

  constructor(store: string, message: string) {
    super(`${store}: ${message}`);
  }
}

/** Something is stored and can't be trusted: altered, cut off, or encrypted under a key we were not given. Never passed over in silence. */
export class SecretUnreadable extends Error {
  override readonly name = "SecretUnreadable";

  constructor(store: string, message: string) {
    super(`${store}: ${message}`);
  }
}
