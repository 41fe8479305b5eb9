import type { Lease, LeasedDuty } from "@grantline/feed";
import type { CommandMeta } from "@grantline/event-store";
import { StreamParked } from "@grantline/event-store";
import { dueHour, tables, type ListPage, type ServerRow, type UpstreamRow } from "@grantline/read-model";
import { connectionId, type UpstreamContext } from "../context.ts";
import { access, answered } from "../access.ts";
import type { RefreshParts } from "./refresh.ts";
import type { Servers, Upstreams } from "../upstream.port.ts";

const EVERY_SECONDS = 60;
const PAGE = 100;
/** Refreshes at once: a provider that is slow must not make a round longer than its tokens live. */
const AT_ONCE = 8;

export interface RefreshUpstreams {
  readonly parts: RefreshParts;
  readonly servers: Servers;
  readonly upstreams: Upstreams;
}

/** So often in a row a connection is refreshed without being used. Then it waits for its person, whose next call refreshes it: a log must not grow by idleness. */
const UNASKED_AT_MOST = 24;

type Held = Pick<Lease, "assertHeld">;

/** As `LeasedDuty`; of the lease it asks no more than whether it is still held. */
export type RefreshDuty = Omit<LeasedDuty, "run"> & { run(lease: Held): Promise<number> };

/**
 * Refreshes what ends soon, so that nobody's call has to wait for a provider, and ends connections of people who are erased and to servers that were removed. The listing says where to
 * look, the stream says what is; a claim in the stream keeps this duty and a call from asking twice.
 */
export function refreshUpstreamsDuty(duty: RefreshUpstreams): RefreshDuty {
  return {
    name: "refresh-upstreams",
    everySeconds: EVERY_SECONDS,
    firstAfterSeconds: 30,
    run: (lease) => round(duty, lease),
  };
}

async function round(duty: RefreshUpstreams, lease: Held): Promise<number> {
  const { context } = duty.parts;
  const { clock, gateway } = context;
  const now = clock.now();
  const hours = new Set([dueHour(now), dueHour(now + gateway.refreshAhead + EVERY_SECONDS)]);
  let done = 0;
  for (const due of hours) done += await eachRow(context, lease, { due }, (row) => refreshOne(duty, row));
  for await (const removed of rowsOf<ServerRow>(context, lease, tables.servers, { status: "removed" }))
    for (const { name } of removed)
      done += await eachRow(context, lease, { server: name, status: "connected" }, (row) => endOrphan(duty, row));
  return done;
}

type Where = Readonly<Record<string, string>>;

async function eachRow(context: UpstreamContext, lease: Held, where: Where, work: (row: UpstreamRow) => Promise<boolean>): Promise<number> {
  let done = 0;
  for await (const rows of rowsOf<UpstreamRow>(context, lease, tables.upstreams, where))
    done += (await inParts(rows, (row) => work(row).catch(unlessParked))).filter(Boolean).length;
  return done;
}

async function* rowsOf<T>({ readModel }: UpstreamContext, lease: Held, table: string, where: Where): AsyncGenerator<readonly T[]> {
  let cursor: string | undefined;
  do {
    await lease.assertHeld();
    const page: ListPage = await readModel.list(table, { where, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    yield page.rows.map(({ value }) => value as T);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

async function inParts<T>(rows: readonly UpstreamRow[], work: (row: UpstreamRow) => Promise<T>): Promise<readonly T[]> {
  const results: T[] = [];
  for (let at = 0; at < rows.length; at += AT_ONCE) results.push(...(await Promise.all(rows.slice(at, at + AT_ONCE).map(work))));
  return results;
}

/** P11: a parked stream holds up nobody else. */
function unlessParked(error: unknown): false {
  if (!(error instanceof StreamParked)) throw error;
  return false;
}

/** True when something was done. */
async function refreshOne({ parts, servers, upstreams }: RefreshUpstreams, { user, server: name }: UpstreamRow): Promise<boolean> {
  const { context } = parts;
  const meta = metaOf(context);
  const server = await servers.find(name);
  if (server === undefined) return false;
  const { state: subject } = await context.subjects.load(user);
  if (subject.status === "erased") return (await upstreams.revoke({ user, server, meta })) === "revoked";
  if (!context.flags.enabled("upstream.refresh-ahead", { subject: user, provider: server.provider })) return false;
  const { state } = await context.upstreams.load(connectionId(user, name));
  if (state.status !== "connected" || state.unasked >= UNASKED_AT_MOST) return false;
  const answer = await answered(access(parts, { user, server, meta, unasked: true }));
  return answer.kind === "token" && answer.generation > state.connection.generation;
}

/** Of a server that is no more: who gave the tokens is not known any more, so they are only forgotten here. */
async function endOrphan({ parts: { context, records }, servers }: RefreshUpstreams, row: UpstreamRow): Promise<boolean> {
  if ((await servers.find(row.server)) !== undefined) return false;
  const { outcome, state } = await context.upstreams.execute(
    connectionId(row.user, row.server),
    { kind: "revoke", now: context.clock.now(), reason: "server-removed" },
    metaOf(context),
  );
  if (state.status === "revoked") await records.remove(state.connection.secretName);
  return outcome.kind === "done";
}

function metaOf({ random }: UpstreamContext): CommandMeta {
  return { correlationId: random.hex(16), actor: { kind: "system", id: "refresh-upstreams" } };
}
