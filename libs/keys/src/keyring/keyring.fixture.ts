import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { keyringDecider } from "@grantline/domain/keyring";
import { createStreamRuntime, type EventStore } from "@grantline/event-store";
import { openSqliteEventStore } from "@grantline/event-store-sqlite";
import { onTestFinished } from "vitest";
import { clockAt, MIDNIGHT, openTestFolder, type SettableClock, temporaryFolder } from "../folder/key-folder.fixture.ts";
import { createKeyringService, type KeyringServiceOptions } from "./keyring-service.ts";

export const SCHEDULE = { rotation: 30 * 86_400, publishAhead: 86_400, retireFor: 4500 };

export interface Bench {
  readonly dir: string;
  readonly clock: SettableClock;
  readonly store: EventStore;
}

/** A real event store and key folder of one test. */
export async function openBench(): Promise<Bench> {
  const dir = temporaryFolder();
  const store = await openSqliteEventStore({ file: join(dir, "events.db") });
  onTestFinished(() => store.close());
  return { dir, clock: clockAt(MIDNIGHT), store };
}

/** One process's view: its own folder handle, runtime and service. */
export async function openKeyring(bench: Bench, options: Partial<KeyringServiceOptions> & { readonly keysDir?: string } = {}) {
  const { keysDir, ...rest } = options;
  const folder = await openTestFolder({ dir: keysDir ?? join(bench.dir, "keys"), clock: bench.clock });
  const runtime = createStreamRuntime({ store: bench.store, clock: bench.clock, region: "local", service: "test" });
  const service = createKeyringService({
    vault: folder.vault,
    keyring: runtime.repository(keyringDecider),
    clock: bench.clock,
    region: "local",
    algs: ["ES256", "EdDSA"],
    schedule: SCHEDULE,
    random: { hex: (bytes) => randomBytes(bytes).toString("hex") },
    ...rest,
  });
  onTestFinished(() => service.stop());
  return { ...service, vault: folder.vault };
}

export async function eventTypes({ store }: Bench): Promise<readonly string[]> {
  return (await store.readStream("keyring-local")).map(({ type }) => type);
}
