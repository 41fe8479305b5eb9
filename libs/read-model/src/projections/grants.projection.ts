import { grantEvents, type GrantAuthorized, type GrantDenied, type GrantEvent, type GrantRevocationReason } from "@grantline/domain/grant";
import { exhausted, type EntityKind, type Recorded } from "@grantline/domain/kernel";
import type { ReadEvent } from "@grantline/event-store";
import type { Projection, RowDraft } from "../projection.ts";

/** How long a grant stays listed after its end, seconds. */
const LISTED_AFTER_END = 30 * 24 * 3_600;

/** A grant as listings show it. Times are epoch seconds. */
export interface GrantRow {
  readonly grantId: string;
  readonly clientId: string;
  readonly subject: string;
  readonly status: "authorized" | "active" | "revoked" | "expired" | "denied";
  /** Why it was revoked, expired or denied. */
  readonly reason?: GrantRevocationReason | "idle" | "absolute" | "code" | (string & {});
  readonly entity?: EntityKind;
  readonly resources: readonly { readonly id: string; readonly uri: string; readonly scopes: readonly string[] }[];
  readonly scopes: readonly string[];
  readonly sessionId?: string;
  readonly offline: boolean;
  readonly createdAt: number;
  readonly lastUsedAt?: number;
  /** End of the whole family. */
  readonly expiresAt: number;
  readonly endedAt?: number;
  /** Refresh generations issued so far. */
  readonly rotations: number;
}

/** Grants by client, subject, resource (id) and status. */
export const grantsProjection: Projection = {
  name: "grants",
  version: 1,
  streams: ["grant"],
  definitions: grantEvents,
  rows: "stream",
  fold(previous, event, id) {
    const row = foldGrant(previous as GrantRow | undefined, (event as ReadEvent<GrantEvent>).event, id);
    return row === undefined || row === previous ? undefined : toDraft(row);
  },
};

function foldGrant(row: GrantRow | undefined, event: Recorded<GrantEvent>, grantId: string): GrantRow | undefined {
  if (event.type === "GrantAuthorized") return row ?? authorized(grantId, event.data, event.at);
  if (event.type === "GrantDenied") return row ?? denied(grantId, event.data, event.at);
  if (row === undefined) return undefined;
  switch (event.type) {
    case "CodeRedeemed":
      return row.status === "authorized" ? { ...row, status: "active", lastUsedAt: event.at } : row;
    case "RefreshTokenRotated":
      return row.status === "active" ? { ...row, lastUsedAt: event.at, rotations: row.rotations + 1 } : row;
    case "RefreshRetried":
      return row.status === "active" ? { ...row, lastUsedAt: event.at } : row;
    case "GrantRevoked":
      return ended(row, "revoked", event.data.reason, event.at);
    case "GrantExpired":
      return ended(row, "expired", event.data.reason, event.at);
    case "CodeReplayDetected":
    case "RefreshReuseDetected":
    case "AccessTokenRevoked":
      return row;
    default:
      return exhausted(event, row);
  }
}

function authorized(grantId: string, data: GrantAuthorized["data"], at: number): GrantRow {
  return {
    grantId,
    clientId: data.clientId,
    subject: data.subject,
    status: "authorized",
    entity: data.entity,
    resources: data.resources.map(({ id, uri, scopes }) => ({ id, uri, scopes })),
    scopes: data.scope,
    ...(data.sessionId === undefined ? {} : { sessionId: data.sessionId }),
    offline: data.offline,
    createdAt: at,
    expiresAt: data.absoluteExpiresAt,
    rotations: 0,
  };
}

function denied(grantId: string, { clientId, subject, reason }: GrantDenied["data"], at: number): GrantRow {
  return {
    grantId,
    clientId,
    subject,
    status: "denied",
    reason,
    resources: [],
    scopes: [],
    offline: false,
    createdAt: at,
    expiresAt: at,
    endedAt: at,
    rotations: 0,
  };
}

function ended(row: GrantRow, status: "revoked" | "expired", reason: NonNullable<GrantRow["reason"]>, at: number): GrantRow {
  return row.status === "authorized" || row.status === "active" ? { ...row, status, reason, endedAt: at } : row;
}

function toDraft(row: GrantRow): RowDraft {
  return {
    value: row,
    columns: { client: row.clientId, subject: row.subject, status: row.status, resource: row.resources.map((resource) => resource.id) },
    expiresAt: row.expiresAt + LISTED_AFTER_END,
  };
}
