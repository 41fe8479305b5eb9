import { clientDecider } from "@grantline/domain/client";
import { consentDecider } from "@grantline/domain/consent";
import { findingDecider } from "@grantline/domain/finding";
import { flagDecider } from "@grantline/domain/flag";
import { deviceDecider } from "@grantline/domain/device";
import { grantDecider } from "@grantline/domain/grant";
import { issuanceEvents } from "@grantline/domain/issuance";
import { keyringDecider } from "@grantline/domain/keyring";
import { loginDecider } from "@grantline/domain/login";
import { resourceDecider } from "@grantline/domain/resource";
import { subjectDecider } from "@grantline/domain/subject";
import { tokenDecider } from "@grantline/domain/token";
import type { AdminContext } from "@grantline/admin";
import { longestTokenLifetime, toOAuthSettings, type Config } from "@grantline/config";
import { createIssuanceWriter, createStreamRuntime, type EventStore, type SealedEvent, type StreamRuntime } from "@grantline/event-store";
import { createFlags, provideFlags, type FlagRepository, type Flags } from "@grantline/flags";
import { createDevUsers } from "@grantline/identity";
import type { TreeStore } from "@grantline/audit";
import { createKeyringService, type KeyringService, type KeySchedule, type KeyStore } from "@grantline/keys";
import { createClientDirectory } from "@grantline/oauth/client-directory";
import { createClientDocuments } from "@grantline/oauth/client-metadata-document";
import { createJwksFetcher } from "@grantline/oauth/client-keys";
import type { Clock, OAuthContext, Random, Repositories } from "@grantline/oauth/context";
import { createLimits, createSecurityLog, createSharedLimits, createWriterCount } from "@grantline/oauth/limits";
import { createSafeExchange, createSafeFetch, type Resolve, type SafeExchange, type SafeFetch } from "@grantline/oauth/outbound";
import { createStatusPlaces } from "@grantline/oauth/tokens";
import { createProjector, createSnapshots, projections, type Projector } from "@grantline/read-model";
import type { Logger, Metrics } from "@grantline/telemetry";
import type { UpstreamSide } from "@grantline/upstream";
import { statusProjection } from "@grantline/validators";
import { systemClock, systemRandom } from "./clock.ts";
import { createClosing, type Closing } from "./closing.ts";
import { consentsOf } from "./consents-of.ts";
import { dutiesOf, startDuties } from "./duties.ts";
import { showingAppends } from "./measure.ts";
import { release } from "./release.ts";
import { openStorage } from "./storage.ts";
import type { Storage } from "./storage.port.ts";
import { upstreamDuties, upstreamSide } from "./upstream.ts";

/**
 * `single`: everything in this process. `primary`: owns the writer, the projections and the schedules, and lets workers in.
 * `worker`: serves HTTP, appends through the primary. `member`: one of many processes on shared engines, which runs projections and schedules
 * only when it is told to.
 */
export type Role = "single" | "primary" | "worker" | "member";

export interface PlatformOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly role?: Role;
  readonly clock?: Clock;
  readonly random?: Random;
  /** How outbound names resolve; tests give their own. */
  readonly resolve?: Resolve;
  /** What the process calls itself in events and logs; default its role. */
  readonly service?: string;
  /** Where secrets of others may be given; default the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Runs duties by the clock (keys, clean-up). Off where time stands still. */
  readonly schedules?: boolean;
  /** See StorageOptions. */
  readonly repairs?: boolean;
  /** Of what the platform does by itself. */
  readonly metrics?: Pick<Metrics, "upstreamRefreshed">;
  /** Shown the events this process has appended, once they are durable. For counting. */
  readonly onAppended?: (events: readonly SealedEvent[]) => void;
}

export interface Platform {
  readonly context: OAuthContext & AdminContext;
  /** The one way out to URLs that strangers named. */
  readonly fetcher: SafeFetch;
  /** Third-party servers, and the connections of people to them. */
  readonly upstream: UpstreamSide;
  /** The one way out with a body. */
  readonly exchange: SafeExchange;
  readonly role: Role;
  /** The data folder, or the engines, without credentials. */
  readonly place: string;
  /** Where many processes share the engines: awaited before each request. */
  readonly upToDate?: () => Promise<void>;
  /** For tasks that run in one process of many. */
  readonly runtime: StreamRuntime;
  readonly keys: KeyStore;
  /** The tree of the log (P10). */
  readonly tree: () => TreeStore;
  /** A projector of every projection kept here, that works; the one of the context only works in a process that leads. */
  readonly projecting: () => Projector;
  /** Things a person should read at start. */
  readonly notices: readonly string[];
  /** Flushes, stops what runs and closes every file. */
  close(): Promise<void>;
}

/** Opens the engines the settings name, and puts everything that runs on top of them. */
export async function openPlatform(options: PlatformOptions): Promise<Platform> {
  const { config, log, role = "single", clock = systemClock, random = systemRandom } = options;
  const closing = createClosing();
  try {
    const storage = await openStorage(
      { config, log, role, clock, ...(options.repairs === undefined ? {} : { repairs: options.repairs }) },
      closing,
    );
    const parts = await compose({ ...options, role, clock, random }, storage, closing);
    if (leads(role) && options.schedules !== false)
      closing.opened(startDuties([...dutiesOf(parts.context), ...upstreamDuties(parts.upstream)], log));
    const { place, notices, upToDate, keys, tree } = storage;
    return { ...parts, keys, tree, role, place, notices, ...(upToDate === undefined ? {} : { upToDate }), close: closing.closeAll };
  } catch (error) {
    await closing.closeAll();
    throw error;
  }
}

type Composing = PlatformOptions & Required<Pick<PlatformOptions, "role" | "clock" | "random">>;

/** Puts everything that runs on top of the files. */
async function compose(
  options: Composing,
  storage: Storage,
  closing: Closing,
): Promise<Pick<Platform, "context" | "fetcher" | "exchange" | "upstream" | "runtime" | "projecting">> {
  const { config, log, role, clock, random, service = role } = options;
  const { readModel, quickReadModel = readModel, ephemeral, keys } = storage;
  const store = options.onAppended === undefined ? storage.store : showingAppends(storage.store, options.onAppended);
  const settings = toOAuthSettings(config);
  const { region } = settings;
  const runtime = createStreamRuntime({
    store,
    clock,
    region,
    service,
    snapshots: createSnapshots(quickReadModel),
    ...(storage.shared === undefined ? {} : { shared: storage.shared }),
    release: release(),
    onSnapshotFailure: (stream, error) => log.warn({ stream, error }, "a snapshot could not be written; it is only slower to load without"),
  });
  const keyring = await followKeyring(options, storage, runtime, closing);
  const flagStreams = runtime.repository(flagDecider);
  const flags = await followFlags(flagStreams, log, closing);
  const repositories = repositoriesOf(runtime);
  const outbound = {
    allowInsecureLoopback: settings.cimd.allowInsecureLoopback,
    ...(options.resolve === undefined ? {} : { resolve: options.resolve }),
  };
  const fetcher = createSafeFetch({ ...outbound, clock });
  const security = securityLogOf(options, storage, store, closing);
  const issuance = closing.opened(createIssuanceWriter({ store, clock, random, region, service, definitions: issuanceEvents }));
  const kept = settings.statusList ? [...projections, statusProjection] : projections;
  const projecting = (active = true): Projector => createProjector({ store, readModel, projections: kept, log, active });
  const projector = projecting(leads(role));
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
    flagStreams,
    findings: runtime.repository(findingDecider),
    signer: keyring.signer,
    retryKeys: keys.retryKeys,
    seals: keys.seals,
    subjectKeys: keys.subjectKeys,
    identity: createDevUsers(config.people.devUsers, settings.issuer),
    limits: limitsOf(options, storage),
    flags,
    ...(settings.statusList ? { statusPlaces: createStatusPlaces({ clock, random }) } : {}),
    directory: createClientDirectory({ clients: repositories.clients, settings, clock, documents }),
    fetchJwks: createJwksFetcher({ fetcher, clock }),
    listConsents: consentsOf(readModel, projector),
  };
  const { env = process.env } = options;
  const upstream = upstreamSide({ config, log, env, metrics: options.metrics, context, runtime, outbound }, closing);
  const exchange = createSafeExchange(outbound);
  return { context, fetcher, exchange, upstream, runtime, projecting };
}

function securityLogOf({ config, log, role, clock, service = role }: Composing, storage: Storage, store: EventStore, closing: Closing) {
  return closing.opened(
    createSecurityLog({
      store,
      clock,
      subjectKeys: storage.keys.subjectKeys,
      region: config.server.region,
      service,
      ...(storage.upToDate === undefined ? {} : { writers: createWriterCount(storage.ephemeral, clock) }),
      onFailure: (error) => log.warn({ err: error }, "counted refusals could not be recorded yet; they are kept and tried again"),
    }),
  );
}

/** The keyring, kept up by this process or followed. */
async function followKeyring(options: Composing, { keys }: Storage, runtime: StreamRuntime, closing: Closing) {
  const { config, log, role, clock, random, schedules = true } = options;
  const keyring = createKeyringService({
    vault: keys.vault,
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
  return keyring;
}

/** Known before the first request is answered; kept up from then on. */
async function followFlags(streams: FlagRepository, log: Logger, closing: Closing): Promise<Flags> {
  const flags = closing.opened(createFlags({ flags: streams, log }));
  await flags.refresh();
  await provideFlags(flags);
  return flags;
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

function limitsOf({ config, clock, log }: Composing, { ephemeral, upToDate }: Storage): ReturnType<typeof createLimits> {
  const { limits } = config;
  const allowed = {
    clock,
    failuresPerMinute: limits.failures,
    anonymousWritesPerMinute: limits.anonymousWrites,
    freeLogins: limits.logins,
    clientPerMinute: limits.client,
  };
  // processes of one installation share what they count: nobody gains tries by going from one to another
  if (upToDate === undefined) return createLimits(allowed);
  const onTrouble = (error: unknown): void => log.warn({ err: error }, "limits can't be counted together; each process counts for itself");
  return createSharedLimits({ ...allowed, ephemeral, onTrouble });
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
    devices: runtime.repository(deviceDecider),
  };
}

function keySchedule(config: Config): KeySchedule {
  const { rotation, publishAhead, retireOverlap } = config.keys;
  return { rotation, publishAhead, retireFor: longestTokenLifetime(config) + retireOverlap };
}

/** Does this process run what one of an installation must? */
function leads(role: Role): boolean {
  return role === "single" || role === "primary";
}

/** Others only follow; where time stands still nothing ticks by itself. */
async function startKeyring(keyring: KeyringService, role: Role, schedules: boolean): Promise<void> {
  if (!leads(role)) return keyring.refresh();
  return schedules ? keyring.start() : keyring.tick();
}
