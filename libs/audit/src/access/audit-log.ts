import { randomBytes } from "node:crypto";
import { auditEvents, type AuditRead } from "@grantline/domain/audit";
import { EventStoreUnavailable, NO_STREAM, sealEvents, type CommandMeta, type EventStore } from "@grantline/event-store";

/** Records who reads the log. */
export interface AuditLog {
  /** Resolves when it is durable: only then may the answer begin. Rejects with EventStoreUnavailable. */
  record(read: AuditRead["data"], meta: CommandMeta): Promise<void>;
}

export interface AuditLogOptions {
  readonly store: Pick<EventStore, "append">;
  /** Epoch seconds. */
  readonly clock: { now(): number };
  readonly region: string;
  readonly service: string;
  /** Name of this writer: lower-case letters and digits, new for each process. Default random. */
  readonly newWriter?: () => string;
}

/** The one writer of `audit-{writer}-{yyyymmdd}`. After a failure it goes on under another name: a place whose fate is unknown is never used again. */
export function createAuditLog(options: AuditLogOptions): AuditLog {
  const { store, clock, region, service, newWriter = () => randomBytes(4).toString("hex") } = options;
  let writer = newWriter();
  let place = { stream: "", revision: NO_STREAM, hash: "" };
  let turn: Promise<void> = Promise.resolve();

  async function write(data: AuditRead["data"], meta: CommandMeta): Promise<void> {
    const atMs = clock.now() * 1_000;
    const stream = `audit-${writer}-${new Date(atMs).toISOString().slice(0, 10).replaceAll("-", "")}`;
    const before = place.stream === stream ? place : { stream, revision: NO_STREAM, hash: "" };
    const [sealed] = sealEvents({
      stream,
      previousHash: before.hash,
      revision: before.revision + 1,
      events: [{ type: "AuditRead", data }],
      definitions: auditEvents,
      meta: { ...meta, region, service },
      atMs,
    });
    if (sealed === undefined) throw new TypeError("nothing was sealed");
    writer = await appended(sealed.stream, before.revision, [sealed]);
    place = { stream, revision: sealed.revision, hash: sealed.hash };
  }

  /** The name to go on with. */
  async function appended(stream: string, expected: number, sealed: Parameters<EventStore["append"]>[2]): Promise<string> {
    const name = writer;
    writer = newWriter();
    const result = await store.append(stream, expected, sealed);
    if (result.kind === "conflict") throw new EventStoreUnavailable(`${stream} belongs to another writer`);
    return name;
  }

  return {
    record: (read, meta) => {
      const done = turn.then(() => write(read, meta));
      turn = done.catch(() => undefined); // told to whoever asked; the next one is not to suffer for it
      return done;
    },
  };
}
