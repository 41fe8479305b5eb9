import { randomBytes } from "node:crypto";
import type { SecurityEvent } from "@grantline/domain/security";
import type { EventStore } from "@grantline/event-store";
import type { SubjectKeys } from "@grantline/keys";
import type { Clock, SecurityLog } from "../context/index.ts";
import { createSecurityStream } from "./security-stream.ts";
import { createSecurityTally, type Counted } from "./security-tally.ts";

export interface SecurityLogOptions {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly subjectKeys: Pick<SubjectKeys, "sealAddress">;
  readonly region: string;
  readonly service: string;
  /** How much strangers may make us write in a minute (P13), all processes together. Default 64 kB. */
  readonly bytesPerMinute?: number;
  /** How many processes share that; asked with each flush. Default this one alone. */
  readonly writers?: () => Promise<number>;
  /** Milliseconds. Default a minute. */
  readonly flushEveryMs?: number;
  /** Told when a flush by the timer failed; what was counted is kept for the next. */
  readonly onFailure?: (error: unknown) => void;
  /** Name of this writer: lower-case letters and digits, new for each process. Default random. */
  readonly newWriter?: () => string;
}

const BYTES_PER_MINUTE = 65_536;
const FLUSH_EVERY_MS = 60_000;
const MOST_WAITING = 2_000;

/** Counts what strangers cause and writes one event a minute for each kind of it, addresses sealed (P9, P13). */
export function createSecurityLog(options: SecurityLogOptions): SecurityLog & { flush(): Promise<void>; close(): Promise<void> } {
  const { clock, subjectKeys, onFailure = () => undefined } = options; // what failed is kept, and sent with the next flush
  const stream = createSecurityStream({ ...options, newWriter: options.newWriter ?? (() => randomBytes(4).toString("hex")) });
  // While the store is away only the number of each type is counted, once so much waits for it.
  const tally = createSecurityTally(() =>
    stream.backlog() + unsealed.length > MOST_WAITING ? 0 : (options.bytesPerMinute ?? BYTES_PER_MINUTE) / writers,
  );
  let writers = 1;
  /** Taken from the tally, while the key for their addresses can't be had. */
  let unsealed: readonly Counted[] = [];
  let flushing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    const now = clock.now();
    unsealed = [...unsealed, ...tally.take()];
    const events = unsealed.map((counted) => toEvent(counted, subjectKeys, now));
    unsealed = [];
    await stream.append(events);
  }

  async function divide(): Promise<void> {
    try {
      writers = (await options.writers?.()) ?? 1;
    } catch (error) {
      onFailure(error);
    }
  }

  function flush(): Promise<void> {
    flushing = flushing
      .catch(() => undefined)
      .then(divide)
      .then(write);
    return flushing;
  }

  void divide();

  const timer = setInterval(() => void flush().catch(onFailure), options.flushEveryMs ?? FLUSH_EVERY_MS).unref();

  return {
    count: (entry) => tally.count(entry, clock.now()),
    flush,
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}

function toEvent(
  { type, reason, count, minute, clientId, prefix, endpoint }: Counted,
  keys: Pick<SubjectKeys, "sealAddress">,
  now: number,
): SecurityEvent {
  const data = {
    reason,
    count,
    minute,
    ...(clientId === undefined ? {} : { clientId }),
    ...(prefix === undefined ? {} : { prefix: keys.sealAddress(prefix, now) }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
  return { type, data };
}
