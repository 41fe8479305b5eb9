import { hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { bridgeDecider } from "../bridge/index.ts";
import { clientDecider } from "../client/index.ts";
import { consentDecider } from "../consent/index.ts";
import { findingDecider } from "../finding/index.ts";
import { flagDecider } from "../flag/index.ts";
import { deviceDecider } from "../device/index.ts";
import { grantDecider } from "../grant/index.ts";
import { type AnyEventDefinition, type Decider, type DomainEvent, type Outcome, type Recorded, upcast } from "../kernel/index.ts";
import { keyringDecider } from "../keyring/index.ts";
import { leaseDecider } from "../lease/index.ts";
import { loginDecider } from "../login/index.ts";
import { receiverDecider } from "../receiver/index.ts";
import { resourceDecider } from "../resource/index.ts";
import { segmentsDecider } from "../segments/index.ts";
import { serverDecider } from "../server/index.ts";
import { subjectDecider } from "../subject/index.ts";
import { fold } from "../testing/given.ts";
import { tokenDecider } from "../token/index.ts";
import { upstreamDecider } from "../upstream/index.ts";
import { catalogue, definitionsOf, type StreamName } from "./index.ts";

/** One frozen example of an event as it was written: `fixtures/{stream}/{Type}.v{version}.json`. */
interface Fixture {
  readonly stream: string;
  readonly type: string;
  readonly version: number;
  readonly at: number;
  readonly data: Readonly<Record<string, unknown>>;
}

const folder = new URL("../../fixtures/", import.meta.url);

/** Every fixture there is, by its path below the folder. */
function readFixtures(): ReadonlyMap<string, Fixture> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => /^\w+\/\w+\.v\d+\.json$/.test(path));
  return new Map(
    paths.toSorted().map((path) => [
      path,
      {
        stream: path.slice(0, path.indexOf("/")),
        ...(JSON.parse(readFileSync(new URL(path, folder), "utf8")) as Omit<Fixture, "stream">),
      },
    ]),
  );
}

/** The digests fixtures had when they were frozen (`fixtures/frozen.json`). */
function readFrozen(): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(new URL("frozen.json", folder), "utf8")) as Readonly<Record<string, string>>;
}

/** Digest of what a fixture says; how it is laid out does not count. */
function fixtureDigest({ stream: _stream, ...written }: Fixture): string {
  return hash("sha256", JSON.stringify(written), "base64url");
}

const fixtures = readFixtures();
const each = [...fixtures].map(([path, fixture]) => [path, fixture, definitionOf(fixture)] as const);

function definitionOf({ stream, type }: Fixture): AnyEventDefinition {
  const definition = definitionsOf(`${stream}-x`)?.[type];
  if (!definition) throw new Error(`no definition of ${stream}/${type}`);
  return definition;
}

/** What goes before each type so that it changes something; the types that never do are marked. */
const before: Readonly<Record<string, readonly string[] | "never">> = {
  "grant/CodeRedeemed": ["GrantAuthorized"],
  "grant/RefreshTokenRotated": ["GrantAuthorized", "CodeRedeemed"],
  "grant/RefreshRetried": ["GrantAuthorized", "CodeRedeemed", "RefreshTokenRotated"],
  "grant/AccessTokenRevoked": ["GrantAuthorized", "CodeRedeemed"],
  "grant/GrantRevoked": ["GrantAuthorized", "CodeRedeemed"],
  "grant/GrantExpired": ["GrantAuthorized"],
  "grant/CodeReplayDetected": "never",
  "grant/RefreshReuseDetected": "never",
  "client/ClientUpdated": ["ClientRegistered"],
  "client/ClientSecretIssued": ["ClientRegistered"],
  "client/ClientSecretRetired": ["ClientRegistered", "ClientSecretIssued"],
  "client/ClientSuspended": ["ClientRegistered"],
  "client/ClientReinstated": ["ClientRegistered", "ClientSuspended"],
  "client/ClientDeleted": ["ClientRegistered"],
  "client/RegistrationTokenRotated": ["ClientRegistered"],
  "client/ClientGenerationRaised": ["ClientRegistered"],
  "keyring/SigningKeyPublished": ["SigningKeyCreated"],
  "keyring/SigningKeyActivated": ["SigningKeyCreated"],
  "keyring/SigningKeyRetired": ["SigningKeyCreated"],
  "keyring/SigningKeyRemoved": ["SigningKeyCreated"],
  "keyring/SigningKeyCompromised": ["SigningKeyCreated"],
  "resource/ScopesDefined": ["ResourceRegistered"],
  "resource/AccessPolicySet": ["ResourceRegistered"],
  "resource/TokenPolicySet": ["ResourceRegistered"],
  "resource/ResourceGenerationRaised": ["ResourceRegistered"],
  "resource/ResourceRemoved": ["ResourceRegistered"],
  "consent/ConsentNarrowed": ["ConsentGranted"],
  "consent/ConsentWithdrawn": ["ConsentGranted"],
  "device/DeviceAuthorizationApproved": ["DeviceAuthorizationRequested"],
  "device/DeviceAuthorizationDenied": ["DeviceAuthorizationRequested"],
  "device/DeviceAuthorizationRedeemed": ["DeviceAuthorizationRequested", "DeviceAuthorizationApproved"],
  "device/DeviceAuthorizationExpired": ["DeviceAuthorizationRequested", "DeviceAuthorizationApproved"],
  "device/SlowDownIssued": "never",
  "subject/SubjectDisabled": ["SubjectSeen"],
  "subject/SubjectEnabled": ["SubjectSeen", "SubjectDisabled"],
  "subject/GenerationRaised": ["SubjectSeen"],
  "subject/SubjectErased": ["SubjectSeen"],
  "segments/SegmentDropped": ["SegmentClosed"],
  "segments/LegalHoldLifted": ["LegalHoldPlaced"],
  "lease/LeaseReleased": ["LeaseTaken"],
  "flag/FlagChanged": ["FlagDefined"],
  "receiver/SignalStreamUpdated": ["SignalStreamCreated"],
  "receiver/SignalStreamStatusChanged": ["SignalStreamCreated"],
  "receiver/SignalVerificationRequested": ["SignalStreamCreated"],
  "receiver/SignalStreamDeleted": ["SignalStreamCreated"],
  "finding/ResponseTaken": ["AnomalyDetected"],
  "finding/ResponseLifted": ["AnomalyDetected", "ResponseTaken"],
  "server/ServerChanged": ["ServerAdded"],
  "server/ServerClientRegistered": ["ServerAdded"],
  "server/ServerRemoved": ["ServerAdded"],
  "upstream/UpstreamRefreshClaimed": ["UpstreamAuthorized"],
  "upstream/UpstreamRefreshed": ["UpstreamAuthorized"],
  "upstream/UpstreamRefreshFailed": ["UpstreamAuthorized"],
  "upstream/UpstreamRevoked": ["UpstreamAuthorized"],
  "bridge/EntraAppCreated": ["RegistrationRequested"],
  "bridge/EntraServicePrincipalCreated": ["RegistrationRequested", "EntraAppCreated"],
  "bridge/EntraSecretIssued": ["RegistrationRequested"],
  "bridge/SecretStored": ["RegistrationRequested", "EntraSecretIssued"],
  "bridge/EntraSecretRemoved": ["RegistrationRequested", "EntraSecretIssued"],
  "bridge/ForeignClientRegistered": ["RegistrationRequested"],
  "bridge/ApplicationUpdated": ["RegistrationRequested", "EntraAppCreated"],
  "bridge/RegistrationCompleted": ["RegistrationRequested"],
  "bridge/RegistrationChanged": ["RegistrationRequested"],
  "bridge/RegistrationUsed": ["RegistrationRequested"],
  "bridge/RegistrationFailed": ["RegistrationRequested"],
  "bridge/RegistrationEnded": ["RegistrationRequested"],
  "bridge/CompensationDone": ["RegistrationRequested"],
};

/** What goes before a type that never changes anything. */
const quiet: Readonly<Record<string, readonly string[]>> = {
  grant: ["GrantAuthorized", "CodeRedeemed"],
  device: ["DeviceAuthorizationRequested", "DeviceAuthorizationApproved"],
};

type Folded = { readonly [S in StreamName]?: (events: readonly Fixture[]) => unknown };
/** Streams without a decider (issuance, security) are not folded. */
const folds: Folded = {
  grant: (events) => folded(grantDecider, events),
  client: (events) => folded(clientDecider, events),
  keyring: (events) => folded(keyringDecider, events),
  resource: (events) => folded(resourceDecider, events),
  consent: (events) => folded(consentDecider, events),
  device: (events) => folded(deviceDecider, events),
  subject: (events) => folded(subjectDecider, events),
  login: (events) => folded(loginDecider, events),
  segments: (events) => folded(segmentsDecider, events),
  token: (events) => folded(tokenDecider, events),
  lease: (events) => folded(leaseDecider, events),
  flag: (events) => folded(flagDecider, events),
  finding: (events) => folded(findingDecider, events),
  receiver: (events) => folded(receiverDecider, events),
  server: (events) => folded(serverDecider, events),
  upstream: (events) => folded(upstreamDecider, events),
  bridge: (events) => folded(bridgeDecider, events),
};

function folded<S, C, E extends DomainEvent, O extends Outcome>(decider: Decider<S, C, E, O>, events: readonly Fixture[]): S {
  return fold(
    decider,
    events.map((event) => ({ type: event.type, at: event.at, data: lifted(event) }) as unknown as Recorded<E>),
  );
}

function lifted(fixture: Fixture): Readonly<Record<string, unknown>> {
  return upcast({ [fixture.type]: definitionOf(fixture) }, fixture.type, fixture.version, fixture.data) ?? {};
}

/** The newest fixture of a type. */
function newest(stream: string, type: string): Fixture {
  const fixture = fixtures.get(`${stream}/${type}.v${definitionsOf(`${stream}-x`)?.[type]?.version}.json`);
  if (!fixture) throw new Error(`no fixture of ${stream}/${type}`);
  return fixture;
}

/** Every name and value anywhere in the data. */
function leaves(value: unknown, name = ""): readonly (readonly [string, unknown])[] {
  if (Array.isArray(value)) return value.flatMap((item) => leaves(item, name));
  if (typeof value === "object" && value !== null) return Object.entries(value).flatMap(([key, member]) => leaves(member, key));
  return [[name, value]];
}

/** base64url SHA-256. */
const isDigest = ([, value]: readonly [string, unknown]): boolean => typeof value === "string" && /^[\w-]{43}$/.test(value);
const isSealed = (value: unknown): boolean => typeof value === "string" && /^v\d+\.[\w-]{40,}$/.test(value);

describe("every event ever written (P8)", () => {
  it("has a frozen example of each version, and there is none of an event nobody declares", () => {
    const declared = Object.entries(catalogue).flatMap(([stream, events]) =>
      Object.entries(events).flatMap(([type, { version }]) =>
        Array.from({ length: version }, (_, index) => `${stream}/${type}.v${index + 1}.json`),
      ),
    );
    expect([...fixtures.keys()]).toEqual(declared.toSorted());
  });

  it("has an example that still says what it said when it was frozen", () => {
    expect(Object.fromEntries([...fixtures].map(([path, fixture]) => [path, fixtureDigest(fixture)]))).toEqual(readFrozen());
  });

  it.each(each)("%s says its own type and version", (path, { stream, type, version }) => {
    expect(path).toBe(`${stream}/${type}.v${version}.json`);
  });

  it.each(each)("%s, lifted, has exactly the fields its definition declares", (_path, fixture, { fields }) => {
    const data = upcast({ [fixture.type]: definitionOf(fixture) }, fixture.type, fixture.version, fixture.data);
    const required = Object.keys(fields).filter((name) => fields[name]?.optional !== true);
    expect(Object.keys(fields)).toEqual(expect.arrayContaining(Object.keys(data ?? {})));
    expect(Object.keys(data ?? {})).toEqual(
      expect.arrayContaining(fixture.version === definitionOf(fixture).version ? Object.keys(fields) : required),
    );
  });

  it.each(each.filter(([, { stream }]) => Object.hasOwn(folds, stream)))("%s still folds", (_path, fixture) => {
    const stream = fixture.stream as StreamName;
    const needed = before[`${stream}/${fixture.type}`] ?? [];
    const history = (needed === "never" ? (quiet[stream] ?? []) : needed).map((type) => newest(stream, type));
    const [was, is] = [folds[stream]?.(history), folds[stream]?.([...history, fixture])];
    expect(isDeepStrictEqual(is, was) ? "changes nothing" : "changes something").toBe(
      needed === "never" ? "changes nothing" : "changes something",
    );
  });
});

describe("no secret and no clear personal data in the log (P9)", () => {
  it.each(each)("%s holds digests where it says hash and ciphertext where it says sealed", (_path, { data }, { fields }) => {
    const wrong = Object.entries(fields).filter(
      ([name, { kind }]) => (kind === "hash" && !leaves(data[name]).some(isDigest)) || (kind === "sealed" && !isSealed(data[name])),
    );
    expect(wrong).toEqual([]);
  });

  it.each(each.filter(([, { stream }]) => stream !== "keyring"))(
    "%s holds a digest only where it says hash",
    (_path, { data }, { fields }) => {
      const wrong = Object.entries(fields).filter(
        ([name, { kind }]) => kind !== "hash" && kind !== "sealed" && leaves(data[name]).some(isDigest),
      );
      expect(wrong).toEqual([]);
    },
  );

  it.each(each)("%s has no value named like a secret or a person's datum, and no private part of a key", (_path, { data }) => {
    const forbidden =
      /^(.*(password|verifier|client_secret|access_?token|refresh_?token|id_?token|private_?key)|secret|token|code|assertion|e?mail|(given|family|preferred_user|user)_?name|phone.*|address|ip|user_?agent|birthdate|d|p|q|dp|dq|qi|k)$/i;
    expect(
      leaves(data)
        .map(([name]) => name)
        .filter((name) => forbidden.test(name)),
    ).toEqual([]);
  });
});
