import { clientDecider } from "@grantline/domain/client";
import { consentDecider } from "@grantline/domain/consent";
import { grantDecider } from "@grantline/domain/grant";
import { issuanceEvents } from "@grantline/domain/issuance";
import { keyringDecider } from "@grantline/domain/keyring";
import { loginDecider } from "@grantline/domain/login";
import { resourceDecider } from "@grantline/domain/resource";
import { subjectDecider } from "@grantline/domain/subject";
import { tokenDecider } from "@grantline/domain/token";
import type { AdminContext } from "@grantline/admin";
import { longestTokenLifetime, toOAuthSettings, type Config } from "@grantline/config";
import { createIssuanceWriter, createStreamRuntime, type StoredEvent, type StreamRuntime } from "@grantline/event-store";
import { openSqliteEventStore } from "@grantline/event-store-sqlite";
import { createDevUsers } from "@grantline/identity";
import {
  createKeyringService,
  developmentKek,
  openKeyFolder,
  type KekSource,
  type KeyringService,
  type KeySchedule,
} from "@grantline/keys";
import { createClientDirectory } from "@grantline/oauth/client-directory";
import { createClientDocuments } from "@grantline/oauth/client-metadata-document";
import { createJwksFetcher } from "@grantline/oauth/client-keys";
import type { Clock, OAuthContext, Random, Repositories } from "@grantline/oauth/context";
import { createLimits, createSecurityLog } from "@grantline/oauth/limits";
import { createSafeFetch, type Resolve, type SafeFetch } from "@grantline/oauth/outbound";
import { createProjector, createSnapshots, projections } from "@grantline/read-model";
import { openSqliteEphemeralStore, openSqliteReadModel } from "@grantline/read-model-sqlite";
import type { Logger } from "@grantline/telemetry";
import { systemClock, systemRandom } from "./clock.ts";
import { consentsOf } from "./consents-of.ts";
import { openDataFolder, type DataFolder } from "./data-folder.ts";
import { dutiesOf, startDuties } from "./duties.ts";

/**
 * `single`: everything in this process. `primary`: owns the writer, the projections and the schedules, and lets workers in.
 * `worker`: serves HTTP, appends through the primary.
 */
export type Role = "single" | "primary" | "worker";

export interface EmbeddedOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly role?: Role;
  readonly clock?: Clock;
  readonly random?: Random;
  /** How outbound names resolve; tests give their own. */
  readonly resolve?: Resolve;
  /** Runs duties by the clock (keys, clean-up). Off where time stands still. */
  readonly schedules?: boolean;
  /** Shown every event appended from now on, by whichever process, a moment later. For counting. */
  readonly onEvents?: (events: readonly StoredEvent[]) => void;
}

export interface Platform {
  readonly context: OAuthContext & AdminContext;
  /** The one way out to URLs that strangers named. */
  readonly fetcher: SafeFetch;
  readonly folder: DataFolder;
  readonly role: Role;
  /** Things a person should read at start. */
  readonly notices: readonly string[];
  /** Flushes, stops what runs and closes every file. */
  close(): Promise<void>;
}

/** The embedded shape: SQLite event store, SQLite read models, keys in a folder. */
export async function openEmbedded(options: EmbeddedOptions): Promise<Platform> {
  const { config, log, role = "single", clock = systemClock, random = systemRandom } = options;
  const folder = openDataFolder(config.server.dataDir);
  const closers: (() => Promise<void> | void)[] = [];
  const opened = <T extends { close(): Promise<void> | void }>(part: T): T => {
    closers.unshift(() => part.close());
    return part;
  };
  const closeAll = async (): Promise<void> => {
    for (const close of closers) await close();
  };
  try {
    const settings = toOAuthSettings(config);
    const region = config.server.region;
    const kek = kekOf(config, folder);
    const store = opened(
      await openSqliteEventStore({
        file: folder.events,
        onTrouble: (what, error) => log.warn({ err: error }, what),
        ...(role === "primary" ? { listen: folder.writerSocket } : role === "worker" ? { connect: folder.writerSocket } : {}),
      }),
    );
    const readModel = opened(await openSqliteReadModel({ file: folder.readModel }));
    const ephemeral = opened(await openSqliteEphemeralStore({ file: folder.ephemeral, clock }));
    const keyFolder = opened(
      await openKeyFolder({ dir: folder.keys, kek: kek.source, clock, sealsKeptFor: Math.max(86_400, config.tokens.session) }),
    );
    const runtime = createStreamRuntime({
      store,
      clock,
      region,
      service: role,
      snapshots: createSnapshots(readModel),
      onSnapshotFailure: (stream, error) =>
        log.warn({ stream, error }, "a snapshot could not be written; it is only slower to load without"),
    });
    const keyring = createKeyringService({
      vault: keyFolder.vault,
      keyring: runtime.repository(keyringDecider),
      clock,
      region,
      algs: config.keys.signingAlgs,
      schedule: keySchedule(config),
      random,
      onError: (error) => log.error({ err: error }, "the keyring's schedule failed; it is tried again"),
    });
    closers.unshift(() => keyring.stop());
    await startKeyring(keyring, role, options.schedules !== false);
    const follower = store.subscribe(await store.head(), async (events) => {
      if (events.some(({ stream }) => stream.startsWith("keyring-"))) await keyring.refresh();
      options.onEvents?.(events);
    });
    closers.unshift(() => follower.close());
    const repositories = repositoriesOf(runtime);
    const security = opened(
      createSecurityLog({
        store,
        clock,
        subjectKeys: keyFolder.subjectKeys,
        region,
        service: role,
        onFailure: (error: unknown) =>
          log.warn({ err: error }, "counted refusals could not be recorded yet; they are kept and tried again"),
      }),
    );
    const fetcher = createSafeFetch({
      allowInsecureLoopback: settings.cimd.allowInsecureLoopback,
      clock,
      ...(options.resolve === undefined ? {} : { resolve: options.resolve }),
    });
    const issuance = opened(createIssuanceWriter({ store, clock, random, region, service: role, definitions: issuanceEvents }));
    const projector = createProjector({ store, readModel, projections, log, active: role !== "worker" });
    closers.unshift(() => projector.stop());
    projector.start();
    const context: OAuthContext & AdminContext = {
      ...repositories,
      settings,
      clock,
      random,
      store,
      issuance,
      signer: keyring.signer,
      retryKeys: keyFolder.retryKeys,
      seals: keyFolder.seals,
      subjectKeys: keyFolder.subjectKeys,
      identity: createDevUsers(config.people.devUsers, settings.issuer),
      ephemeral,
      security,
      limits: createLimits({
        clock,
        failuresPerMinute: config.limits.failures,
        anonymousWritesPerMinute: config.limits.anonymousWrites,
        freeLogins: config.limits.logins,
        clientPerMinute: config.limits.client,
      }),
      directory: createClientDirectory({
        clients: repositories.clients,
        settings,
        clock,
        documents: createClientDocuments({ fetcher, clock, settings }),
      }),
      fetchJwks: createJwksFetcher({ fetcher, clock }),
      listConsents: consentsOf(readModel, projector),
      readModel,
      projector,
      keyring,
    };
    if (role !== "worker" && options.schedules !== false) opened(startDuties(dutiesOf(context), log));
    return { context, fetcher, folder, role, notices: kek.notices, close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function repositoriesOf(runtime: StreamRuntime): Repositories {
  return {
    grants: runtime.repository(grantDecider),
    clients: runtime.repository(clientDecider),
    resources: runtime.repository(resourceDecider),
    consents: runtime.repository(consentDecider),
    subjects: runtime.repository(subjectDecider),
    logins: runtime.repository(loginDecider),
    tokens: runtime.repository(tokenDecider),
  };
}

function keySchedule(config: Config): KeySchedule {
  const { rotation, publishAhead, retireOverlap } = config.keys;
  return { rotation, publishAhead, retireFor: longestTokenLifetime(config) + retireOverlap };
}

/** Workers only follow; where time stands still nothing ticks by itself. */
async function startKeyring(keyring: KeyringService, role: Role, schedules: boolean): Promise<void> {
  if (role === "worker") return keyring.refresh();
  return schedules ? keyring.start() : keyring.tick();
}

function kekOf(config: Config, folder: DataFolder): { readonly source: KekSource; readonly notices: readonly string[] } {
  if (config.keys.kek !== undefined) return { source: config.keys.kek, notices: [] };
  const { key, created } = developmentKek(folder.kek);
  return {
    source: { key },
    notices: created ? [`Made a key-encryption key at ${folder.kek}. Fine for development; set GRANTLINE_KEK in production.`] : [],
  };
}
