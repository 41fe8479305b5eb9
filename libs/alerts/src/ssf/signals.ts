import type { AnomalyDetected } from "@grantline/domain/finding";
import type { GrantState } from "@grantline/domain/grant";
import { parseEvent, StreamParked, type StoredEvent } from "@grantline/event-store";
import type { Signal, SubjectId } from "./caep.ts";

export interface SignalSources {
  readonly issuer: string;
  readonly loadGrant: (grantId: string) => Promise<GrantState>;
  readonly loadFinding: (id: string) => Promise<{ readonly finding?: AnomalyDetected["data"] }>;
}

/** Event types that may be a signal: the store leaves the others out. */
export const SIGNAL_TYPES: readonly string[] = [
  "SubjectDisabled",
  "SubjectErased",
  "GenerationRaised",
  "GrantRevoked",
  "ClientSecretIssued",
  "ClientSecretRetired",
  "AnomalyDetected",
  "ResponseLifted",
  "SignalVerificationRequested",
];

/** What an event means to receivers; undefined when it means nothing. */
export async function signalOf(sources: SignalSources, stored: StoredEvent): Promise<Signal | undefined> {
  const read = parseEvent(stored);
  if (read.unknown === true) return undefined;
  const dash = stored.stream.indexOf("-");
  const [word, id] = [stored.stream.slice(0, dash), stored.stream.slice(dash + 1)];
  const data = read.event.data as Readonly<Record<string, unknown>>;
  switch (`${word}/${read.event.type}`) {
    case "subject/SubjectDisabled":
    case "subject/SubjectErased":
      return revoked(person(sources, id), read.event.type === "SubjectErased" ? "subject-erased" : "subject-disabled");
    case "subject/GenerationRaised":
      return revoked(
        data["of"] === "session" ? sessionOf(person(sources, id), String(data["sessionId"])) : person(sources, id),
        String(data["reason"]),
      );
    case "grant/GrantRevoked":
      return grantRevoked(sources, id, String(data["reason"]));
    case "client/ClientSecretIssued":
      return credentialChanged(sources, id, "create");
    case "client/ClientSecretRetired":
      return credentialChanged(sources, id, "revoke");
    case "finding/AnomalyDetected":
      return riskChanged(sources, data as unknown as AnomalyDetected["data"], undefined);
    case "finding/ResponseLifted": {
      const { finding } = await sources.loadFinding(id);
      return finding === undefined ? undefined : riskChanged(sources, finding, "LOW");
    }
    default:
      return undefined;
  }
}

function person({ issuer }: SignalSources, sub: string): SubjectId {
  return { format: "iss_sub", iss: issuer, sub };
}

function sessionOf(user: SubjectId, sessionId: string, clientId?: string): SubjectId {
  const application = clientId === undefined ? {} : { application: { format: "opaque", id: clientId } as const };
  return { format: "complex", user, session: { format: "opaque", id: sessionId }, ...application };
}

function revoked(subject: SubjectId, reason: string): Signal {
  return { kind: "session-revoked", subject, members: { initiating_entity: "policy", reason_admin: { en: reason } } };
}

/** A grant is what a session is to the application that holds it. */
async function grantRevoked(sources: SignalSources, grantId: string, reason: string): Promise<Signal | undefined> {
  const state = await sources.loadGrant(grantId).catch(unlessParked);
  if (state === undefined || state.status === "none" || state.status === "denied") return undefined;
  return revoked(sessionOf(person(sources, state.basis.subject), grantId, state.basis.clientId), reason);
}

/** People's credentials are their provider's; ours are those of clients, which are subjects of their own tokens. */
function credentialChanged(sources: SignalSources, clientId: string, change: "create" | "revoke"): Signal {
  return {
    kind: "credential-change",
    subject: person(sources, clientId),
    members: { credential_type: "client-secret", change_type: change, reason_admin: { en: `client secret: ${change}` } },
  };
}

/** CAEP 1.0 §3.8: the level the subject has now, and why. */
function riskChanged(sources: SignalSources, finding: AnomalyDetected["data"], level: "LOW" | undefined): Signal | undefined {
  const { subject, clientId, severity, kind, response } = finding;
  const sub = subject ?? clientId;
  if (sub === undefined || response === "observe") return undefined;
  const current = level ?? severity.toUpperCase();
  return {
    kind: "risk-level-change",
    subject: person(sources, sub),
    members: {
      principal: subject === undefined ? "CLIENT" : "USER",
      current_level: current,
      ...(level === undefined ? {} : { previous_level: severity.toUpperCase() }),
      risk_reason: kind,
      reason_admin: { en: kind },
    },
  };
}

/** P11: a grant this release can't read is left out; its own revocation stands. */
function unlessParked(error: unknown): undefined {
  if (!(error instanceof StreamParked)) throw error;
}
