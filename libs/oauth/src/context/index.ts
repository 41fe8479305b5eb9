import type { ClientCommand, ClientOutcome, ClientState } from "@grantline/domain/client";
import type { ConsentCommand, ConsentOutcome, ConsentState } from "@grantline/domain/consent";
import type { FlagAbout, FlagName, FlagVerdict } from "@grantline/domain/flag";
import type { DeviceCommand, DeviceOutcome, DeviceState } from "@grantline/domain/device";
import type { GrantCommand, GrantOutcome, GrantState } from "@grantline/domain/grant";
import type { LoginCommand, LoginOutcome, LoginState } from "@grantline/domain/login";
import type { ResourceCommand, ResourceOutcome, ResourceState } from "@grantline/domain/resource";
import type { SubjectCommand, SubjectOutcome, SubjectState } from "@grantline/domain/subject";
import type { TokenCommand, TokenOutcome, TokenState } from "@grantline/domain/token";
import type { AccessTokenIssued } from "@grantline/domain/issuance";
import type { CommandMeta, EventStore, ReadEvent, StreamRepository } from "@grantline/event-store";
import type { PasswordIdentity } from "@grantline/identity";
import type { RetryKeys, Seals, SubjectKeys, TokenSigner } from "@grantline/keys";
import type { EphemeralStore } from "@grantline/read-model";

export interface Clock {
  /** Epoch seconds, whole. */ now(): number;
}
export interface Random {
  /** base64url of n random bytes. */
  token(bytes: number): string;
  /** Lower-case hex of n random bytes. */
  hex(bytes: number): string;
}

export interface Repositories {
  readonly grants: StreamRepository<GrantState, GrantCommand, GrantOutcome>;
  readonly clients: StreamRepository<ClientState, ClientCommand, ClientOutcome>;
  readonly resources: StreamRepository<ResourceState, ResourceCommand, ResourceOutcome>;
  readonly consents: StreamRepository<ConsentState, ConsentCommand, ConsentOutcome>;
  readonly subjects: StreamRepository<SubjectState, SubjectCommand, SubjectOutcome>;
  readonly logins: StreamRepository<LoginState, LoginCommand, LoginOutcome>;
  readonly tokens: StreamRepository<TokenState, TokenCommand, TokenOutcome>;
  readonly devices: StreamRepository<DeviceState, DeviceCommand, DeviceOutcome>;
}

/** Where a token without a grant lives: `{writer}-{yyyymmddhh}` and its revision in `issuance-{…}`. */
export interface IssuanceSlot {
  readonly locator: string;
}

/** The one writer of this instance's issuance stream. Resolves when the event is durable (P1). */
export interface IssuanceWriter {
  /** Reserves the next revision, lets `make` mint the token with its locator (`{writer}-{hour}.{revision}`), appends. */
  issue<T>(make: (locator: string) => { readonly event: AccessTokenIssued; readonly result: T }, meta: CommandMeta): Promise<T>;
  /** The event at a locator, undefined when there is none. */
  read(locator: string): Promise<ReadEvent<AccessTokenIssued> | undefined>;
}

/** A place in a Token Status List, for one token of a grant. */
export interface StatusPlace {
  readonly list: string;
  readonly idx: number;
}
/** Gives each place once, in lists of this process alone. */
export interface StatusPlaces {
  next(): StatusPlace;
}

/** Counts what strangers cause (P13); flushed to `security-*` streams each minute and at shutdown. */
export interface SecurityLog {
  count(entry: {
    readonly type: "ClientAuthenticationFailed" | "LoginFailed" | "RateLimited" | "RequestRefused" | "AnomalyDetected";
    readonly reason: string;
    readonly ip: string;
    readonly clientId?: string;
    readonly endpoint?: string;
  }): void;
}

/** Address and client limits (architecture.md §7). */
export interface Limits {
  /** Throws OAuthError too_many_requests with Retry-After and RateLimit headers when the address has failed too often lately, or is over its anonymous writes. */
  check(kind: "failure" | "anonymous-write" | "login", key: string): Promise<void>;
  /** Counts one failure or write; the wait grows with each. */
  consume(kind: "failure" | "anonymous-write" | "login", key: string): Promise<void>;
  /** Both in one step, so that of many at once no more pass than are allowed, over all processes. */
  take(kind: "failure" | "anonymous-write" | "login", key: string): Promise<void>;
  /** Per-client limit of authenticated calls; returns RateLimit headers, throws when over. `requests`: how many come together, one by default. */
  client(clientId: string, perMinute: number | undefined, requests?: number): Readonly<Record<string, string>>;
}

export interface Lifetimes {
  readonly code: number;
  readonly accessToken: number;
  readonly refreshIdle: number;
  readonly refreshAbsolute: number;
  readonly idToken: number;
  readonly session: number;
  readonly refreshRetryWindow: number;
  readonly parRequest: number;
  readonly deviceCode: number;
  readonly interaction: number;
}
/** May a capability be used, by this subject, client or upstream provider? From memory (`@grantline/flags`). */
export interface FeatureFlags {
  enabled(flag: FlagName, about?: FlagAbout): boolean;
  /** The same with the reason why. */
  evaluate(flag: FlagName, about?: FlagAbout): FlagVerdict;
}
/** What the slices need of the settings. */
export interface OAuthSettings {
  /** Exactly as published: no trailing slash games. */
  readonly issuer: string;
  /** Scheme and host of the issuer. */
  readonly origin: string;
  /** Path of the issuer, "" or "/oauth". Endpoints live below it. */
  readonly basePath: string;
  readonly region: string;
  readonly production: boolean;
  readonly secureCookies: boolean;
  /** Registered resource uri of the admin API: `{origin}/admin/v1`. */
  readonly adminResource: string;
  readonly defaultResource?: string;
  /** By entity kind. */
  readonly lifetimes: Readonly<Record<"human" | "service" | "agent", Lifetimes>>;
  readonly accessTokenFormat: "jwt" | "opaque";
  readonly dcr: {
    readonly enabled: boolean;
    readonly initialAccessTokens: readonly string[];
    readonly unusedLifetime: number;
    readonly redirectSchemes: readonly string[];
  };
  readonly cimd: { readonly enabled: boolean; readonly allowInsecureLoopback: boolean };
  /** Are JWT access tokens given a place in a Token Status List? */
  readonly statusList?: boolean;
  /** Is this server a transmitter of the Shared Signals Framework? */
  readonly signals?: boolean;
  /** Is the first refresh after a resource wanted more scope refused, so that a client of the 1.x SDK asks its user? */
  readonly stepUpNudge?: boolean;
  /** Login names of operators: the people who may hold `grantline:*`. */
  readonly operators: readonly string[];
}

/** A client as slices see it: registered, or a CIMD document not yet in a stream. */
export interface ClientView {
  readonly clientId: string;
  /** Id in its stream: client_id itself, or a hash for URLs (`clientStreamId`). */
  readonly streamId: string;
  readonly state: Extract<ClientState, { status: "active" }>;
  /** Of the metadata document just read; for CIMD clients only. */
  readonly documentHash?: string;
}
/** Finds a client by client_id: stream, else (https URL) its metadata document. Throws OAuthError `invalid_client` with the reason when there is none. */
export interface ClientDirectory {
  find(clientId: string): Promise<ClientView>;
}

/** One standing consent of a person, for their own page. `grantedAt` in epoch seconds. */
export interface ConsentSummary {
  readonly clientId: string;
  readonly scopes: Readonly<Record<string, readonly string[]>>;
  readonly grantedAt?: number;
}

/** All a slice may use. Slices take the few they need: `Pick<OAuthContext, …>`. */
export interface OAuthContext extends Repositories {
  readonly settings: OAuthSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly store: EventStore;
  readonly issuance: IssuanceWriter;
  readonly signer: TokenSigner;
  readonly retryKeys: RetryKeys;
  readonly seals: Seals;
  readonly subjectKeys: SubjectKeys;
  readonly identity: PasswordIdentity;
  /** With `settings.statusList` only. */
  readonly statusPlaces?: StatusPlaces;
  readonly ephemeral: EphemeralStore;
  readonly security: SecurityLog;
  readonly limits: Limits;
  readonly flags: FeatureFlags;
  readonly directory: ClientDirectory;
  /** Standing (not withdrawn) consents of a person, from the read model; absent: the page says it can't list them. */
  readonly listConsents?: (subject: string) => Promise<readonly ConsentSummary[]>;
  /**
   * The key set at a client's jwks_uri, fetched safely and cached. `refresh` asks for a newer one when a kid is unknown; the fetcher
   * bounds how often. Throws OAuthError `invalid_client` client-keys-unavailable. Absent: clients bring their keys in `jwks`.
   */
  readonly fetchJwks?: (
    uri: string,
    options?: { readonly refresh?: boolean },
  ) => Promise<{ readonly keys: readonly Readonly<Record<string, unknown>>[] }>;
}
export { commandMeta } from "./command-meta.ts";
export { clientStreamId, resourceStreamId, consentStreamId } from "./stream-ids.ts";
