import { resourceStreamId } from "@grantline/oauth/context";
import type { AuditEvent, ResourceReference, StreamOrigin } from "./audit-event.ts";
import { outcomeOf, type Outcome } from "./outcome.ts";

/** What an auditor asks of any event, whatever its type. Ids and pseudonyms only. */
export interface Facts {
  readonly outcome: Outcome;
  readonly subject?: string;
  readonly clientId?: string;
  readonly resources: readonly ResourceReference[];
  readonly grant?: string;
  readonly scope?: readonly string[];
  /** Of the token issued or revoked. */
  readonly jti?: string;
  readonly reason?: string;
}

type Data = Readonly<Record<string, unknown>>;

/** Reads the facts off an event whose origin has been looked up. */
export function factsOf(event: AuditEvent): Facts {
  const { data, origin, word } = event;
  const access = record(data["access"]);
  const subject = subjectOf(event);
  const clientId = text(data["clientId"]) ?? origin?.clientId;
  const scope = scopeOf(data, access);
  const jti = text(data["jti"]) ?? text(access?.["jti"]);
  const reason = text(data["reason"]);
  return {
    outcome: outcomeOf(event.stored.type),
    resources: resourcesOf(event, access),
    ...(subject !== undefined && { subject }),
    ...(clientId !== undefined && { clientId }),
    ...(word === "grant" && { grant: event.stored.stream.slice(6) }),
    ...(scope !== undefined && { scope }),
    ...(jti !== undefined && { jti }),
    ...(reason !== undefined && { reason }),
  };
}

/** What a stream's first event says of all that follow. */
export function originOf({ data, stored, word }: AuditEvent): StreamOrigin {
  const clientId = text(data["clientId"]);
  const subject = text(data["subject"]);
  return {
    ...(clientId === undefined ? {} : { clientId }),
    ...(subject === undefined ? {} : { subject }),
    resources: word === "resource" ? [reference(stored.stream.slice(9), text(data["uri"]))] : granted(data["resources"]),
  };
}

/** The id of a resource given by URI or id. */
export function resourceIdOf(given: string): string {
  return given.includes(":") ? resourceStreamId(given) : given;
}

export function subjectOf({ data, origin, word, stored }: AuditEvent): string | undefined {
  if (word === "subject") return stored.stream.slice(8);
  // `sub` of a token without a grant is the client itself, or a person
  const sub = text(data["sub"]);
  return text(data["subject"]) ?? origin?.subject ?? (sub === data["clientId"] ? undefined : sub);
}

function resourcesOf({ data, origin, word, uris }: AuditEvent, access: Data | undefined): readonly ResourceReference[] {
  const id = text(access?.["resource"]);
  if (id !== undefined) return [reference(id, text(access?.["aud"]))];
  if (word === "consent") {
    const ids = data["scopes"] === undefined ? (origin?.resources ?? []).map((each) => each.id) : consented(data["scopes"]);
    return ids.map((each) => reference(each, uris?.get(each)));
  }
  const own = granted(data["resources"]);
  return own.length > 0 ? own : (origin?.resources ?? []);
}

/** Consented scopes stand by resource id; identity scopes have no resource. */
export function consented(scopes: unknown): readonly string[] {
  return Object.keys(record(scopes) ?? {}).filter((id) => id !== "");
}

function granted(value: unknown): readonly ResourceReference[] {
  return Array.isArray(value)
    ? value.flatMap((each: Data) => (text(each["id"]) === undefined ? [] : [reference(each["id"] as string, text(each["uri"]))]))
    : [];
}

function scopeOf(data: Data, access: Data | undefined): readonly string[] | undefined {
  const scope = access?.["scope"] ?? data["scope"];
  return Array.isArray(scope) ? (scope as readonly string[]) : undefined;
}

function reference(id: string, uri: string | undefined): ResourceReference {
  return uri === undefined ? { id } : { id, uri };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function record(value: unknown): Data | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Data) : undefined;
}
