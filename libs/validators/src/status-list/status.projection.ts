import { catalogue } from "@grantline/domain/catalogue";
import type { AccessTokenRecord, GrantBasis, GrantEvent } from "@grantline/domain/grant";
import type { Recorded } from "@grantline/domain/kernel";
import type { TokenEvent } from "@grantline/domain/token";
import type { ReadEvent } from "@grantline/event-store";
import { issuedPlace } from "@grantline/oauth/tokens";
import { type Projection, type RowDraft, tableOf } from "@grantline/read-model";

/** A token of a grant and its place. */
export interface PlacedToken {
  readonly list: string;
  readonly idx: number;
  readonly n: number;
  readonly exp: number;
  readonly resource?: string;
  readonly revoked?: true;
}

/** What the status of a grant's tokens follows from. */
export interface GrantStatusRow {
  readonly kind: "grant";
  readonly basis: Pick<GrantBasis, "clientId" | "subject" | "sessionId" | "generations" | "offline" | "absoluteExpiresAt">;
  readonly ended: boolean;
  /** Those not yet expired at the last event. */
  readonly tokens: readonly PlacedToken[];
}

/** A token without a grant that was revoked; the others are read from their issuance stream. */
export interface IssuedStatusRow {
  readonly kind: "issued";
  readonly idx: number;
}

/** Clocks may differ; seconds a row outlives its last token. */
const MARGIN = 3_600;

/** Which grants and which revoked tokens have a place in a status list, by list. Only where `GRANTLINE_STATUS_LIST` is on. */
export const statusProjection: Projection = {
  name: "status",
  version: 1,
  streams: ["grant", "token"],
  definitions: { ...catalogue.token, ...catalogue.grant },
  rows: "stream",
  fold: (previous, event, id) =>
    event.stream.startsWith("token-")
      ? issuedRow((event as ReadEvent<TokenEvent>).event)
      : grantRow(previous as GrantStatusRow | undefined, (event as ReadEvent<GrantEvent>).event, id),
};

export const statusTable = tableOf(statusProjection);

function issuedRow({ data }: Recorded<TokenEvent>): RowDraft | undefined {
  const place = issuedPlace(data.jti);
  if (place === undefined) return undefined;
  const value: IssuedStatusRow = { kind: "issued", idx: place.idx };
  return { value, columns: { list: place.list }, expiresAt: data.exp + MARGIN };
}

function grantRow(row: GrantStatusRow | undefined, event: Recorded<GrantEvent>, _id: string): RowDraft | undefined {
  const after = foldGrant(row, event);
  if (after === undefined || after === row) return undefined;
  const lists = [...new Set(after.tokens.map(({ list }) => list))];
  const ends = after.tokens.map(({ exp }) => exp);
  return { value: after, columns: { list: lists }, expiresAt: Math.max(after.basis.absoluteExpiresAt, ...ends) + MARGIN };
}

function foldGrant(row: GrantStatusRow | undefined, event: Recorded<GrantEvent>): GrantStatusRow | undefined {
  if (event.type === "GrantAuthorized") {
    const { clientId, subject, sessionId, generations, offline, absoluteExpiresAt } = event.data;
    const session = sessionId === undefined ? {} : { sessionId };
    return (
      row ?? { kind: "grant", basis: { clientId, subject, generations, offline, absoluteExpiresAt, ...session }, ended: false, tokens: [] }
    );
  }
  if (row === undefined) return undefined;
  switch (event.type) {
    case "CodeRedeemed":
    case "RefreshTokenRotated":
      return placed(row, event.data.access, event.at);
    case "AccessTokenRevoked":
      return { ...row, tokens: row.tokens.map((token) => (token.n === event.data.n ? { ...token, revoked: true as const } : token)) };
    case "GrantRevoked":
    case "GrantExpired":
      return { ...row, ended: true };
    default:
      return row;
  }
}

function placed(row: GrantStatusRow, { status, n, exp, resource }: AccessTokenRecord, now: number): GrantStatusRow {
  if (status === undefined) return row;
  const token = { ...status, n, exp, ...(resource === undefined ? {} : { resource }) };
  return { ...row, tokens: [...row.tokens.filter((each) => each.exp > now), token] };
}
