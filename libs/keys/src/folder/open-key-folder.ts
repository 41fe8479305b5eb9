import type { KeyObject } from "node:crypto";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { KeyStore } from "../port.ts";
import { createAddressSeals } from "../wrapping/address-seals.ts";
import { DAY, HOUR } from "../wrapping/daily-key.ts";
import { type KekSource, newLoginHashKey, openLoginHashKey } from "../wrapping/kek.ts";
import { loginHashWith } from "../wrapping/personal-data.ts";
import { createRetryKeys } from "../wrapping/retry-keys.ts";
import { createSeals } from "../wrapping/seals.ts";
import { createDailyKeys, DAILY_SCHEMA } from "./daily-keys.ts";
import { checkedKek, keepFirst, META_SCHEMA, openKek } from "./kek.ts";
import { openKeyDatabase } from "./key-database.ts";
import { KeyFolderError } from "./key-folder-error.ts";
import { createSigningKeyVault, VAULT_SCHEMA } from "./signing-key-vault.ts";
import { createSubjectKeys, SUBJECT_SCHEMA } from "./subject-keys.ts";

const PRUNE_EVERY_MS = 300_000;

export interface KeyFolderOptions {
  readonly dir: string;
  readonly kek: KekSource;
  readonly clock: { /** Epoch seconds. */ now(): number };
  /** How long a seal can still be opened after its day has ended, seconds; at least the longest-lived sealed state. Default a day. */
  readonly sealsKeptFor?: number;
}

export interface KeyFolder extends KeyStore {
  prune(): void;
  close(): void;
}

/**
 * Opens (or makes) `keys.db` and `subject-keys.db` in a folder. Any number of processes may have it open.
 * @throws KeyFolderError for a wrong key-encryption key, an unwritable folder or files of a newer version.
 */
export async function openKeyFolder(options: KeyFolderOptions): Promise<KeyFolder> {
  const { dir, kek: source, clock } = options;
  const keysFile = join(dir, "keys.db");
  const subjectsFile = join(dir, "subject-keys.db");
  const keys = openKeyDatabase(keysFile, [META_SCHEMA, VAULT_SCHEMA, DAILY_SCHEMA].join(";"));
  const subjects = openKeyDatabase(subjectsFile, [META_SCHEMA, SUBJECT_SCHEMA, DAILY_SCHEMA].join(";"));
  try {
    const kek = await openKek(keys, source, keysFile);
    // Both files are wrapped under one key; the second check notices a file restored from another folder.
    checkedKek(subjects, kek, subjectsFile);
    return assemble({ keys, subjects, subjectsFile, kek, clock, sealsKeptFor: options.sealsKeptFor ?? DAY });
  } catch (error) {
    keys.close();
    subjects.close();
    throw error;
  }
}

interface Parts {
  readonly keys: DatabaseSync;
  readonly subjects: DatabaseSync;
  readonly subjectsFile: string;
  readonly kek: KeyObject;
  readonly clock: { now(): number };
  readonly sealsKeptFor: number;
}

function assemble({ keys, subjects, subjectsFile, kek, clock, sealsKeptFor }: Parts): KeyFolder {
  const retry = createDailyKeys(keys, kek, "retry", HOUR);
  const seal = createDailyKeys(keys, kek, "seal", sealsKeptFor);
  // Addresses are personal data, so their keys lie with the subjects' and are gone after 90 days.
  const address = createDailyKeys(subjects, kek, "address", 90 * DAY);
  const addresses = createAddressSeals(address);
  const prune = () => [retry, seal, address].forEach((daily) => daily.prune(clock.now()));
  prune();
  const timer = setInterval(() => pruneLater(prune), PRUNE_EVERY_MS).unref();
  return {
    vault: createSigningKeyVault(keys, kek),
    retryKeys: createRetryKeys(retry, clock),
    seals: createSeals(seal, clock),
    subjectKeys: {
      ...createSubjectKeys({ database: subjects, file: subjectsFile, kek }),
      loginHash: loginHashWith(loginHashKey(keys, kek)),
      sealAddress: addresses.seal,
      openAddress: (sealed) => addresses.open(sealed, clock.now()),
    },
    prune,
    close() {
      clearInterval(timer);
      keys.close();
      subjects.close();
    },
  };
}

/** A key out of time is never used, whether or not its row could be deleted just now; the next round tries again. */
function pruneLater(prune: () => void): void {
  try {
    prune();
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error), "KeyFolderWarning");
  }
}

function loginHashKey(keys: DatabaseSync, kek: KeyObject): KeyObject {
  const wrapped = keepFirst(keys, "login-hash-key", () => newLoginHashKey(kek));
  const key = openLoginHashKey(kek, wrapped);
  if (!key) throw new KeyFolderError("the login-hash key in keys.db can't be unwrapped: its row was altered");
  return key;
}
