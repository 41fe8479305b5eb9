import { hash } from "node:crypto";
import type { SecurityEvent } from "@grantline/domain/security";
import type { SecurityLog } from "../context/index.ts";
import { addressPrefix } from "./address-prefix.ts";

export type SecurityEntry = Parameters<SecurityLog["count"]>[0];

/** One line of the tally: what will be one event. `prefix` is still clear. */
export interface Counted {
  readonly type: SecurityEvent["type"];
  readonly reason: string;
  readonly minute: number;
  readonly clientId?: string;
  readonly prefix?: string;
  readonly endpoint?: string;
  count: number;
}

/** Counts by type, reason, client, address prefix, endpoint and minute, within a byte budget (P13). */
export interface SecurityTally {
  count(entry: SecurityEntry, now: number): void;
  /** Everything counted; the tally is empty afterwards. */
  take(): readonly Counted[];
}

/** What an event takes up beside its own texts: envelope, sealed prefix, hash. */
const EVENT_BYTES = 600;
/** Part of the budget kept for counts without client and address, once the finer ones are over it. */
const COARSE_SHARE = 0.25;
const MINUTE = 60;

export function createSecurityTally(bytesPerMinute: () => number): SecurityTally {
  let counted = new Map<string, Counted>();
  let spent = { minute: 0, fine: 0, coarse: 0 };

  function add(line: Omit<Counted, "count">, pool: "fine" | "coarse" | undefined): boolean {
    const key = JSON.stringify(line);
    const known = counted.get(key);
    if (known !== undefined) {
      known.count += 1;
      return true;
    }
    if (pool !== undefined) {
      const cost = EVENT_BYTES + key.length;
      const share = pool === "coarse" ? COARSE_SHARE : 1 - COARSE_SHARE;
      if (spent[pool] + cost > bytesPerMinute() * share) return false;
      spent[pool] += cost;
    }
    counted.set(key, { ...line, count: 1 });
    return true;
  }

  return {
    count({ type, reason, ip, clientId, endpoint }, now) {
      const minute = now - (now % MINUTE);
      if (spent.minute !== minute) spent = { minute, fine: 0, coarse: 0 };
      const client = clientId === undefined ? {} : { clientId: plausibleClientId(clientId) };
      const prefix = addressPrefix(ip);
      const where = endpoint === undefined ? {} : { endpoint };
      // Over the budget the finer parts go first; the number of each type is always kept.
      if (add({ type, reason, minute, ...client, ...(prefix === undefined ? {} : { prefix }), ...where }, "fine")) return;
      if (add({ type, reason, minute, ...where }, "coarse")) return;
      add({ type, reason: "over-budget", minute }, undefined);
    },
    take() {
      const all = [...counted.values()];
      counted = new Map();
      return all;
    },
  };
}

const LONGEST_CLIENT_ID = 200;

// P9: a stranger's client_id may be anything, a secret or an email address in the wrong field; only what looks like one of ours is kept in clear.
function plausibleClientId(clientId: string): string {
  const plausible =
    clientId.length <= LONGEST_CLIENT_ID && (/^[A-Za-z0-9._-]{1,64}$/.test(clientId) || /^https?:\/\/[^\s@?#]+$/.test(clientId));
  return plausible ? clientId : `sha256:${hash("sha256", clientId, "base64url")}`;
}
