import type { GrantState } from "@grantline/domain/grant";
import { parseEvent, StreamParked, type ReadEvent, type StoredEvent } from "@grantline/event-store";
import ipaddr from "ipaddr.js";
import { LRUCache } from "lru-cache";
import type { Observation } from "./observation.ts";

/** Whom a grant belongs to. */
interface GrantParties {
  readonly subject: string;
  readonly clientId: string;
}

/** From where, as fingerprints. */
interface Place {
  readonly network?: string;
  readonly agent?: string;
}

export interface ObserverOptions {
  /** Opens an address sealed under the day's key; undefined once that is gone. What it gives never leaves this module. */
  readonly openAddress: (sealed: string) => string | undefined;
  /** A keyed hash of a value, another one for each `of`. */
  readonly fingerprint: (of: string, value: string) => string;
  readonly loadGrant: (grantId: string) => Promise<GrantState>;
}

/** The events detectors look at; the store leaves the others out. */
export const OBSERVED_TYPES: readonly string[] = [
  "GrantAuthorized",
  "CodeRedeemed",
  "RefreshTokenRotated",
  "CodeReplayDetected",
  "RefreshReuseDetected",
  "GrantRevoked",
  "GrantExpired",
  "AccessTokenIssued",
  "ClientRegistered",
  "ClientAuthenticationFailed",
  "RequestRefused",
  "ToolCallDecided",
  "SubjectErased",
];

const GRANTS = 20_000;
const PLACES = 10_000;
/** Of whom a stranger's network is a fingerprint. */
const STRANGERS = "strangers";

/** Makes observations of events: says whom they are about, and turns sealed addresses into fingerprints (P9). Undefined for what this release can't read. */
export function createObserver({ openAddress, fingerprint, loadGrant }: ObserverOptions) {
  const parties = new LRUCache<string, GrantParties>({ max: GRANTS });
  const places = new LRUCache<string, Place>({ max: PLACES });

  const partiesOf = async (grantId: string, { event }: ReadEvent): Promise<GrantParties | undefined> => {
    if (event.type === "GrantAuthorized") {
      const { subject, clientId } = event.data as GrantParties;
      parties.set(grantId, { subject, clientId });
    }
    const known = parties.get(grantId);
    if (known !== undefined) return known;
    const state = await loadGrant(grantId).catch(unlessParked);
    const found = state === undefined ? undefined : ofState(state);
    if (found !== undefined) parties.set(grantId, found);
    return found;
  };

  const readPlace = (of: string, sealed: string | undefined, agent: string | undefined): Place => {
    const network = networkOf(sealed === undefined ? undefined : openAddress(sealed));
    const program = agent === undefined ? undefined : openAddress(agent);
    return {
      ...(network === undefined ? {} : { network: fingerprint(`network ${of}`, network) }),
      ...(program === undefined ? {} : { agent: fingerprint(`agent ${of}`, withoutVersions(program)) }),
    };
  };
  // A caller's address has the same seal all day, so what it comes to is worked out once a day instead of at each of its events. Kept are seals and fingerprints, no address.
  const placeOf = (of: string, sealed: string | undefined, agent: string | undefined): Place => {
    const key = `${of}\n${sealed ?? ""}\n${agent ?? ""}`;
    const known = places.get(key);
    if (known !== undefined) return known;
    const place = readPlace(of, sealed, agent);
    places.set(key, place);
    return place;
  };

  /** P9: neither whose grants those were nor where they came from. */
  const forget = (subject: string): void => {
    // found first: a cache is not to be changed while it is walked through
    const grants = [...parties.entries()].filter(([, of]) => of.subject === subject);
    for (const [grantId] of grants) parties.delete(grantId);
    const theirs = [...places.keys()].filter((key) => key.startsWith(`${subject}\n`));
    for (const key of theirs) places.delete(key);
  };

  return async (stored: StoredEvent): Promise<Observation | undefined> => {
    const read = parseEvent(stored);
    if (read.unknown === true) return undefined;
    const { event, meta, id, position } = read;
    const data = event.data as Readonly<Record<string, unknown>>;
    const base = { position, id, at: event.at, type: event.type, data };
    const word = stored.stream.slice(0, stored.stream.indexOf("-"));
    if (event.type === "SubjectErased") forget(stored.stream.slice("subject-".length));
    if (word === "grant") {
      const grantId = stored.stream.slice("grant-".length);
      const of = await partiesOf(grantId, read);
      if (of === undefined) return { ...base, grantId };
      const from = event.type === "GrantAuthorized" ? "person" : "client";
      return { ...base, ...of, grantId, from, ...placeOf(of.subject, meta.ip, meta.userAgent) };
    }
    const clientId = textOf(data["clientId"]);
    const subject = textOf(data["subject"]);
    return {
      ...base,
      ...(clientId === undefined ? {} : { clientId }),
      ...(subject === undefined ? {} : { subject }),
      ...(word === "security" ? placeOf(STRANGERS, textOf(data["prefix"]), undefined) : {}),
    };
  };
}

function ofState(state: GrantState): GrantParties | undefined {
  if (state.status === "none") return undefined;
  const { subject, clientId } = state.status === "denied" ? state : state.basis;
  return { subject, clientId };
}

/** P11: a stream this release can't read is nothing to judge. */
function unlessParked(error: unknown): undefined {
  if (!(error instanceof StreamParked)) throw error;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** What neighbours share: the /24 of an IPv4 address, the /48 of an IPv6 one (`2001:db8:1:2::/64` is a prefix already). */
export function networkOf(address: string | undefined): string | undefined {
  const text = address?.split("/")[0];
  if (text === undefined || !ipaddr.isValid(text)) return undefined;
  const parsed = ipaddr.process(text);
  const bytes = parsed.toByteArray();
  return bytes.slice(0, parsed.kind() === "ipv4" ? 3 : 6).join(".");
}

/** A browser that was updated is the same one. */
export function withoutVersions(agent: string): string {
  return agent.replace(/\d+([._]\d+)*/g, "0");
}
