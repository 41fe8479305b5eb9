import { hash } from "node:crypto";
import type { ActiveReceiver, SignalVerificationRequested } from "@grantline/domain/receiver";
import { parseEvent, START, type EventStore, type Position, type StoredEvent } from "@grantline/event-store";
import type { TokenSigner } from "@grantline/keys";
import { SIGNAL_URIS, VERIFICATION, type SubjectId } from "./caep.ts";
import { SIGNAL_TYPES, signalOf, type SignalSources } from "./signals.ts";

export interface SetSources extends SignalSources {
  readonly store: Pick<EventStore, "readAll" | "readStream" | "head">;
  readonly signer: Pick<TokenSigner, "sign" | "algs">;
  readonly clock: { now(): number };
}

/** A security event token, as it will be signed. */
export interface PendingSet {
  readonly jti: string;
  readonly position: Position;
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface Stretch {
  readonly sets: readonly PendingSet[];
  /** Everything up to here that is for the receiver is among them. */
  readonly upTo: Position;
  /** There may be more behind it. */
  readonly more: boolean;
}

const SCANNED = 200;
/** What nobody fetched for so long is not told any more. Seconds. */
const LONGEST = 7 * 86_400;

/**
 * The security event tokens for a receiver after a place in the log. There is no queue: a token follows from an event, its jti from both, so whoever asks twice gets
 * the same tokens twice, and losing the place costs repetitions.
 */
export async function setsAfter(sources: SetSources, receiver: ActiveReceiver, after: Position): Promise<Stretch> {
  const { store, clock } = sources;
  const head = await store.head();
  const events = await store.readAll(after, SCANNED, { types: SIGNAL_TYPES });
  const oldest = clock.now() - LONGEST;
  const sets: PendingSet[] = [];
  for (const stored of events) {
    const set = await setOf(sources, receiver, stored);
    if (set !== undefined && set.claims["iat"] !== undefined && (set.claims["iat"] as number) >= oldest) sets.push(set);
  }
  const more = events.length === SCANNED;
  return { sets, more, upTo: more ? (events.at(-1)?.position ?? head) : head };
}

async function setOf(sources: SetSources, receiver: ActiveReceiver, stored: StoredEvent): Promise<PendingSet | undefined> {
  const verification = verificationFor(receiver, stored);
  if (verification !== undefined) return pending(sources, receiver, stored, VERIFICATION, verification);
  const signal = await signalOf(sources, stored);
  if (signal === undefined || !receiver.events.includes(signal.kind)) return undefined;
  return pending(sources, receiver, stored, SIGNAL_URIS[signal.kind], {
    subject: signal.subject,
    event: { event_timestamp: atOf(stored), ...signal.members },
  });
}

// SSF 1.0 §8.1.4.1: the subject is the stream itself, and `state` comes back as it was given
function verificationFor({ streamId }: ActiveReceiver, stored: StoredEvent) {
  if (stored.type !== "SignalVerificationRequested") return undefined;
  const data = parseEvent(stored).event.data as SignalVerificationRequested["data"];
  if (data.streamId !== streamId) return undefined;
  const subject: SubjectId = { format: "opaque", id: streamId };
  return { subject, event: data.state === undefined ? {} : { state: data.state } };
}

// RFC 8417 §2.2: iss, iat, jti, aud, one event; no sub and no exp, so that it is never taken for an access or ID token
function pending(
  { issuer }: SignalSources,
  { streamId, clientId }: ActiveReceiver,
  stored: StoredEvent,
  uri: string,
  { subject, event }: { readonly subject: SubjectId; readonly event: object },
): PendingSet {
  const jti = hash("sha256", `${streamId}\n${stored.id}`, "base64url").slice(0, 22);
  const txn = parseEvent(stored).meta.correlationId;
  return {
    jti,
    position: stored.position,
    claims: { iss: issuer, jti, iat: atOf(stored), aud: clientId, txn, sub_id: subject, events: { [uri]: event } },
  };
}

function atOf(stored: StoredEvent): number {
  return parseEvent(stored).event.at;
}

/** CAEP interoperability profile: RS256 where there is such a key. */
export function signSet({ signer }: Pick<SetSources, "signer">, { claims }: PendingSet): string {
  const alg = signer.algs().includes("RS256") ? ({ alg: "RS256" } as const) : {};
  return signer.sign(claims, { typ: "secevent+jwt", ...alg }).jwt;
}

/** Where a receiver's stream begins: what came before it was created, or while it was disabled, is not for it. */
export async function beginningOf({ store }: Pick<SetSources, "store">, stream: string): Promise<Position> {
  let [beginning, disabled]: [Position, boolean] = [START, false];
  for (let from = 0; ;) {
    const page = await store.readStream(stream, from, SCANNED);
    for (const stored of page) {
      const { event } = parseEvent(stored);
      const status = event.type === "SignalStreamStatusChanged" ? (event.data as { status: string }).status : undefined;
      if (event.type === "SignalStreamCreated" || (disabled && status !== undefined && status !== "disabled")) beginning = stored.position;
      if (status !== undefined) disabled = status === "disabled";
      if (event.type === "SignalStreamCreated") disabled = false;
    }
    if (page.length < SCANNED) return beginning;
    from += page.length;
  }
}
