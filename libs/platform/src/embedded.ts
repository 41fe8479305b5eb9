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
import { createDevUsers } from "@grantline/identity";
import { createKeyringService, type KeyringService, type KeySchedule } from "@grantline/keys";
import { createClientDirectory } from "@grantline/oauth/client-directory";
import { createClientDocuments } from "@grantline/oauth/client-metadata-document";
import { createJwksFetcher } from "@grantline/oauth/client-keys";
import type { Clock, OAuthContext, Random, Repositories } from "@grantline/oauth/context";
import { createLimits, createSecurityLog } from "@grantline/oauth/limits";
import { createSafeFetch, type Resolve, type SafeFetch } from "@grantline/oauth/outbound";
import { createProjector, createSnapshots, projections } from "@grantline/read-model";
import type { Logger } from "@grantline/telemetry";
import { systemClock, systemRandom } from "./clock.ts";
import { createClosing, type Closing } from "./closing.ts";
import { consentsOf } from "./consents-of.ts";
import { openDataFolder, type DataFolder } from "./data-folder.ts";
import { dutiesOf, startDuties } from "./duties.ts";
import { release } from "./release.ts";
import { openStorage, type Storage } from "./storage.ts";

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
  const closing = createClosing();
  try {
    const storage = await openStorage({ config, log, role, clock, folder }, closing);
    const { context, fetcher } = await compose({ ...options, role, clock, random }, storage, closing);
    if (role !== "worker" && options.schedules !== false) closing.opened(startDuties(dutiesOf(context), log));
    return { context, fetcher, folder, role, notices: storage.notices, close: closing.closeAll };
  } catch (error) {
    await closing.closeAll();
    throw error;
  }
}

type Composing = EmbeddedOptions & Required<Pick<EmbeddedOptions, "role" | "clock" | "random">>;

/** Puts everything that runs on top of the files. */
async function compose(options: Composing, storage: Storage, closing: Closing): Promise<Pick<Platform, "context" | "fetcher">> {
  const { config, log, role, clock, random } = options;
  const { store, readModel, ephemeral, keyFolder } = storage;
  const settings = toOAuthSettings(config);
  const { region } = settings;
  const runtime = createStreamRuntime({
    store,
    clock,
    region,
    service: role,
    snapshots: createSnapshots(readModel),
    release: release(),
    onSnapshotFailure: (stream, error) => log.warn({ stream, error }, "a snapshot could not be written; it is only slower to load without"),
  });
  const keyring = await followKeyring(options, storage, runtime, closing);
  const repositories = repositoriesOf(runtime);
  const fetcher = createSafeFetch({
    allowInsecureLoopback: settings.cimd.allowInsecureLoopback,
    clock,
    ...(options.resolve === undefined ? {} : { resolve: options.resolve }),
  });
  const security = closing.opened(
    createSecurityLog({
      store,
      clock,
      subjectKeys: keyFolder.subjectKeys,
      region,
      service: role,
      onFailure: (error) => log.warn({ err: error }, "counted refusals could not be recorded yet; they are kept and tried again"),
    }),
  );
  const issuance = closing.opened(createIssuanceWriter({ store, clock, random, region, service: role, definitions: issuanceEvents }));
  const projector = createProjector({ store, readModel, projections, log, active: role !== "worker" });
  closing.later(() => projector.stop());
  projector.start();
  const documents = createClientDocuments({ fetcher, clock, settings });
  const context: OAuthContext & AdminContext = {
    ...repositories,
    settings,
    clock,
    random,
    store,
    issuance,
    ephemeral,
    security,
    readModel,
    projector,
    keyring,
    signer: keyring.signer,
    retryKeys: keyFolder.retryKeys,
    seals: keyFolder.seals,
    subjectKeys: keyFolder.subjectKeys,
    identity: createDevUsers(config.people.devUsers, settings.issuer),
    limits: limitsOf(config, clock),
    directory: createClientDirectory({ clients: repositories.clients, settings, clock, documents }),
    fetchJwks: createJwksFetcher({ fetcher, clock }),
    listConsents: consentsOf(readModel, projector),
  };
  return { context, fetcher };
}

/** The keyring, kept up by this process or followed, and the feed it is followed by. */
async function followKeyring(options: Composing, { store, keyFolder }: Storage, runtime: StreamRuntime, closing: Closing) {
  const { config, log, role, clock, random, schedules = true, onEvents } = options;
  const keyring = createKeyringService({
    vault: keyFolder.vault,
    keyring: runtime.repository(keyringDecider),
    clock,
    region: config.server.region,
    algs: config.keys.signingAlgs,
    schedule: keySchedule(config),
    random,
    onError: (error) => log.error({ err: error }, "the keyring's schedule failed; it is tried again"),
  });
  closing.later(() => keyring.stop());
  await startKeyring(keyring, role, schedules);
  // a worker learns of key changes by the same cheap look its caches use, not by reading everything its fellows append
  closing.later(watchKeyring(keyring, log));
  if (onEvents !== undefined) {
    const follower = store.subscribe(await store.head(), onEvents);
    closing.later(() => follower.close());
  }
  return keyring;
}

const LOOK_AT_KEYRING_MS = 20;

/** Keeps the signer with the keyring when another process has changed it, also while nobody verifies anything; the function returned ends it. */
function watchKeyring({ signer }: KeyringService, log: Logger): () => void {
  const timer = setInterval(() => {
    signer.current()?.catch((error: unknown) => log.warn({ err: error }, "the keyring could not be read anew; it is tried again"));
  }, LOOK_AT_KEYRING_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function limitsOf({ limits }: Config, clock: Clock): ReturnType<typeof createLimits> {
  return createLimits({
    clock,
    failuresPerMinute: limits.failures,
    anonymousWritesPerMinute: limits.anonymousWrites,
    freeLogins: limits.logins,
    clientPerMinute: limits.client,
  });
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
