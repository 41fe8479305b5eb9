import { hash } from "node:crypto";
import { uptime } from "node:os";
import type { DatabaseSync } from "node:sqlite";
import type { EphemeralStore } from "@grantline/read-model";
import { openDisposable, watchingCorruption } from "./discard.ts";
import { EPHEMERAL_SCHEMA } from "./schema.ts";

const SWEEP_EVERY_SECONDS = 30;
const SWEEP_ROWS = 1_000;
/** Two readings of the same boot time differ by what the clock was corrected meanwhile. */
const BOOT_TOLERANCE_SECONDS = 60;

export interface SqliteEphemeralOptions {
  /** A file of its own, shared by the worker processes of one machine. */
  readonly file: string;
  /** Epoch seconds. */
  readonly clock: { now(): number };
  /** Epoch seconds at which this machine started; tests give their own. */
  readonly bootedAt?: number;
}

/**
 * Seen jti and the like in a SQLite file. Each `addIfAbsent` is one atomic statement, so of any number of callers in any number
 * of processes one is the first. Entries survive a crash of the process. They are not fsynced one by one, so a crash of the machine
 * may lose the newest: after a reboot, as with a fresh or discarded file, the store says it is complete only since then.
 */
export async function openSqliteEphemeralStore(options: SqliteEphemeralOptions): Promise<EphemeralStore & { close(): Promise<void> }> {
  const { file, clock } = options;
  const { database } = openDisposable(file, EPHEMERAL_SCHEMA);
  const add = database.prepare(
    "INSERT INTO seen (key, expires_at) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at WHERE seen.expires_at <= ?",
  );
  const put = database.prepare(
    "INSERT INTO held (key, value, expires_at) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at",
  );
  const replace = prepareReplacing(database);
  const held = database.prepare("SELECT value FROM held WHERE key = ? AND expires_at > ?");
  const count = prepareCounting(database);
  const sweepHeld = database.prepare("DELETE FROM held WHERE key IN (SELECT key FROM held WHERE expires_at <= ? LIMIT ?)");
  const sweep = database.prepare("DELETE FROM seen WHERE key IN (SELECT key FROM seen WHERE expires_at <= ? LIMIT ?)");
  const fact = database.prepare("SELECT value FROM facts WHERE name = ?");
  const setFact = database.prepare("INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value");
  const read = (name: string): number | undefined => fact.get(name)?.["value"] as number | undefined;

  const bootedAt = options.bootedAt ?? Math.floor(Date.now() / 1_000 - uptime());
  database.exec("BEGIN IMMEDIATE");
  const recordedBoot = read("booted-at");
  if (recordedBoot === undefined || Math.abs(recordedBoot - bootedAt) > BOOT_TOLERANCE_SECONDS) {
    setFact.run("booted-at", bootedAt);
    setFact.run("complete-since", clock.now());
  }
  database.exec("COMMIT");
  let sweptAt = clock.now();

  const sweepSometimes = (now: number): void => {
    if (now - sweptAt < SWEEP_EVERY_SECONDS) return;
    sweep.run(now, SWEEP_ROWS);
    sweepHeld.run(now, SWEEP_ROWS);
    sweptAt = now;
  };

  const get = (key: string): string | undefined => {
    const value = held.get(hash("sha256", key, "buffer"), clock.now())?.["value"];
    return value === undefined ? undefined : String(value);
  };

  return {
    put: async (key, value, expiresAt) =>
      watchingCorruption(file, () => {
        sweepSometimes(clock.now());
        put.run(hash("sha256", key, "buffer"), value, expiresAt);
      }),
    get: async (key) => watchingCorruption(file, () => get(key)),
    swap: async (key, expected, value, expiresAt) =>
      watchingCorruption(file, () => {
        const now = clock.now();
        sweepSometimes(now);
        const entry = hash("sha256", key, "buffer");
        if (replace({ entry, expected, value, expiresAt, now })) return { swapped: true };
        const found = get(key);
        return { swapped: false, ...(found === undefined ? {} : { found }) };
      }),
    increment: async (key, expiresAt, by = 1) =>
      watchingCorruption(file, () => {
        sweepSometimes(clock.now());
        return count(hash("sha256", key, "buffer"), expiresAt, clock.now(), by);
      }),
    addIfAbsent: async (key, expiresAt) =>
      watchingCorruption(file, () => {
        const now = clock.now();
        sweepSometimes(now);
        // The digest bounds what a stranger's key takes up and keeps its text out of the file.
        return add.run(hash("sha256", key, "buffer"), expiresAt, now).changes === 1;
      }),
    completeSince: async () => watchingCorruption(file, () => read("complete-since") ?? clock.now()),
    async close() {
      if (database.isOpen) database.close();
    },
  };
}

interface Replacement {
  readonly entry: Uint8Array;
  readonly expected: string | undefined;
  readonly value: string;
  readonly expiresAt: number;
  readonly now: number;
}

/** One statement each, so that nobody comes between the look and the change. False: something else was there. */
function prepareReplacing(database: DatabaseSync): (replacement: Replacement) => boolean {
  const whereNone = database.prepare(
    `INSERT INTO held (key, value, expires_at) VALUES (?1, ?2, ?3)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at WHERE held.expires_at <= ?4`,
  );
  const instead = database.prepare("UPDATE held SET value = ?2, expires_at = ?3 WHERE key = ?1 AND value = ?5 AND expires_at > ?4");
  return ({ entry, expected, value, expiresAt, now }) =>
    (expected === undefined ? whereNone.run(entry, value, expiresAt, now) : instead.run(entry, value, expiresAt, now, expected)).changes ===
    1;
}

/** Adds to a counter, beginning anew where the one before has expired; the count after it. */
function prepareCounting(database: DatabaseSync): (entry: Buffer, expiresAt: number, now: number, by: number) => number {
  const statement = database.prepare(
    `INSERT INTO held (key, value, expires_at) VALUES (?1, ?4, ?2) ON CONFLICT (key) DO UPDATE SET
      value = CASE WHEN held.expires_at > ?3 THEN held.value + ?4 ELSE ?4 END, expires_at = CASE WHEN held.expires_at > ?3 THEN held.expires_at ELSE excluded.expires_at END
    RETURNING value`,
  );
  return (entry, expiresAt, now, by) => Number(statement.get(entry, expiresAt, now, by)?.["value"]);
}
