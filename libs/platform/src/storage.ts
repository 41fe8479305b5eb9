import type { TreeStore } from "@grantline/audit";
import type { Config } from "@grantline/config";
import type { EventStore, SharedReading } from "@grantline/event-store";
import type { KeyStore } from "@grantline/keys";
import type { Clock } from "@grantline/oauth/context";
import type { EphemeralStore, ReadModel } from "@grantline/read-model";
import type { Logger } from "@grantline/telemetry";
import type { Closing } from "./closing.ts";
import { openEmbeddedStorage } from "./embedded-storage.ts";
import type { Role } from "./platform.ts";

export interface StorageOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly role: Role;
  readonly clock: Clock;
  /** Keeps what processes share right after lost writes; one of an installation does. */
  readonly repairs?: boolean;
}

/** Everything that is kept, open: whichever engines the settings name. */
export interface Storage {
  readonly store: EventStore;
  readonly readModel: ReadModel;
  readonly ephemeral: EphemeralStore;
  readonly keys: KeyStore;
  /** The tree of the log (P10), for who grows it or answers for it. */
  readonly tree: () => TreeStore;
  /** Where many processes share the engines. */
  readonly shared?: SharedReading;
  /** There too: resolves when this process knows of everything acknowledged before the call, by any process. */
  readonly upToDate?: () => Promise<void>;
  /** Where it lies, for the announcement. */
  readonly place: string;
  readonly notices: readonly string[];
}

/** Session cookies are sealed too, so a seal must live as long as they. */
export function sealsKeptFor(config: Config): number {
  return Math.max(86_400, config.tokens.session);
}

export async function openStorage(options: StorageOptions, closing: Closing): Promise<Storage> {
  if (options.config.storage.store === "sqlite") return openEmbeddedStorage(options, closing);
  // The embedded shape needs no client of any engine, neither its memory nor its time at start.
  const { openSharedStorage } = await import("./shared-storage.ts");
  return openSharedStorage(options, closing);
}
