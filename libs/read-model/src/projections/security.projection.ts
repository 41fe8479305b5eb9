import { securityEvents, type SecurityEvent } from "@grantline/domain/security";
import type { ReadEvent } from "@grantline/event-store";
import type { Projection } from "../projection.ts";

/** How long a security event stays listed, seconds; the log keeps it longer. */
const LISTED_SECONDS = 7 * 24 * 3_600;

/** One counted event. `minute` is epoch seconds; `prefix` stays sealed (P9). */
export interface SecurityRow {
  readonly type: SecurityEvent["type"];
  readonly reason: string;
  readonly count: number;
  readonly minute: number;
  readonly clientId?: string;
  readonly endpoint?: string;
  readonly prefix?: string;
  readonly at: number;
}

/** Recent security events by type, reason, client and endpoint; keys in order of time, so newest first is `descending`. */
export const securityProjection: Projection = {
  name: "security",
  version: 1,
  streams: ["security"],
  definitions: securityEvents,
  rows: "event",
  fold(_previous, event) {
    const { type, data, at } = (event as ReadEvent<SecurityEvent>).event;
    const { reason, count, minute, clientId, endpoint, prefix } = data;
    const optional = { ...(clientId === undefined ? {} : { clientId }), ...(endpoint === undefined ? {} : { endpoint }) };
    const row: SecurityRow = { type, reason, count, minute, ...optional, ...(prefix === undefined ? {} : { prefix }), at };
    const columns = {
      type,
      reason,
      ...(clientId === undefined ? {} : { client: clientId }),
      ...(endpoint === undefined ? {} : { endpoint }),
    };
    return { value: row, columns, expiresAt: at + LISTED_SECONDS };
  },
};
