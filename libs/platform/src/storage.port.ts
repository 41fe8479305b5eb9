import type { TreeStore } from "@grantline/audit";
import type { Config } from "@grantline/config";
import type { EventStore, SharedReading } from "@grantline/event-store";
import type { KeyStore } from "@grantline/keys";
import type { Clock } from "@grantline/oauth/context";
import type { EphemeralStore, ReadModel } from "@grantline/read-model";
import type { Logger } from "@grantline/telemetry";
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
  /** The same for who can do without an answer, where an answer may not come: requests that look for a snapshot. */
  readonly quickReadModel?: ReadModel;
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
