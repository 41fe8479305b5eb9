import type { SharedState, SharedStates, StoredEvent } from "@grantline/event-store";
import type { Argument, Caller } from "./caller.ts";
import type { Incarnation } from "./incarnation.ts";
import type { KeySpace } from "./key-space.ts";
import { recordOfEvent, recordOfToken, type RecordPlace } from "./record-place.ts";
import { AT_LEAST, PUT, PUT_RECORDS } from "./scripts/states.ts";
import { decodeEntry, decodeEvent, decodeState, encodeEvent, encodeHead, encodeState } from "./state-codec.ts";

const KEPT_SECONDS = 24 * 3_600;
/** A token's record outlives the token by as much as clocks may differ. */
const RECORD_MARGIN_SECONDS = 60;

export interface SharedStatesSources {
  readonly caller: Caller;
  readonly keySpace: KeySpace;
  readonly incarnation: Incarnation;
  readonly clock: { now(): number };
}

/**
 * Folded states by stream. The id of the stream is the hash tag, so a grant and whatever else bears its id lie in one slot; so do a token without a grant, its record and
 * its revocation. Entries written before a restart or failover of Redis are of another epoch and do not count.
 */
export function createSharedStates({ caller, keySpace, incarnation, clock }: SharedStatesSources): SharedStates {
  const entryKey = (stream: string, record: RecordPlace | undefined): string => {
    const dash = stream.indexOf("-");
    const id = stream.slice(dash + 1);
    // What the record's tag does not say of the id, the rest must.
    return record === undefined ? keySpace.key(id, `s${stream.slice(0, dash)}`) : keySpace.key(record.tag, `t${record.field}`);
  };

  return {
    async get(stream) {
      const epoch = incarnation.current();
      if (epoch === undefined) return undefined;
      const place = recordOfToken(keySpace, stream);
      const [own, record] = await Promise.all([
        caller.run((client) => client.getBuffer(entryKey(stream, place))),
        place === undefined ? null : caller.run((client) => client.hgetBuffer(place.bucket, place.field)),
      ]);
      return stateIn(own, epoch) ?? absentBy(record, epoch);
    },
    async put(stream, state) {
      const epoch = incarnation.current();
      if (epoch === undefined) return;
      const place = recordOfToken(keySpace, stream);
      const body = state.revision === -1 ? "" : encodeState(state);
      const args: Argument[] = [epoch, state.revision, state.asOf, body, KEPT_SECONDS * 1_000];
      const own = entryKey(stream, place);
      await (place === undefined ? caller.evaluate(PUT, [own], args) : caller.evaluate(PUT, [own, place.bucket], [...args, place.field]));
    },
    async atLeast(changes) {
      await Promise.all(
        changes.map(({ stream, revision }) => caller.evaluate(AT_LEAST, [entryKey(stream, recordOfToken(keySpace, stream))], [revision])),
      );
    },
    async getEvent(stream, revision) {
      const epoch = incarnation.current();
      if (epoch === undefined) return undefined;
      const { bucket, field } = recordOfEvent(keySpace, stream, revision);
      const entry = await caller.run((client) => client.hgetBuffer(bucket, field));
      const found = entry === null ? undefined : decodeEntry(entry);
      return found === undefined || found.head.epoch !== epoch ? undefined : decodeEvent(found.body);
    },
    async putEvents(events, expiresAt) {
      const epoch = incarnation.current();
      if (epoch === undefined) return;
      const now = clock.now();
      const buckets = new Map<string, { keptMs: number; readonly pairs: Argument[] }>();
      for (const event of events) {
        const { bucket, field } = recordOfEvent(keySpace, event.stream, event.revision);
        const keptMs = (expiresAt(event) - now + RECORD_MARGIN_SECONDS) * 1_000;
        if (keptMs <= 0) continue;
        const held = buckets.get(bucket) ?? { keptMs, pairs: [] };
        held.keptMs = Math.max(held.keptMs, keptMs);
        held.pairs.push(field, recordEntry(event, epoch));
        buckets.set(bucket, held);
      }
      await Promise.all([...buckets].map(([bucket, { keptMs, pairs }]) => caller.evaluate(PUT_RECORDS, [bucket], [keptMs, ...pairs])));
    },
  };
}

function recordEntry(event: StoredEvent, epoch: string): Buffer {
  return Buffer.concat([encodeHead({ epoch, revision: 0, position: event.position }), encodeEvent(event)]);
}

function stateIn(entry: Buffer | null, epoch: string): SharedState | undefined {
  const found = entry === null ? undefined : decodeEntry(entry);
  if (found === undefined || found.head.epoch !== epoch) return undefined;
  return found.head.revision === -1 ? absent(found.head.position) : decodeState(found.body, found.head);
}

/**
 * Nobody could revoke a token before its issuance was acknowledged, so when its record was written its own stream did not exist. The record says when that was last
 * known, and the reader knows of every change since.
 */
function absentBy(record: Buffer | null, epoch: string): SharedState | undefined {
  const found = record === null ? undefined : decodeEntry(record);
  return found === undefined || found.head.epoch !== epoch ? undefined : absent(found.head.position);
}

function absent(asOf: string): SharedState {
  return { fold: "", state: undefined, revision: -1, hash: "", asOf };
}
