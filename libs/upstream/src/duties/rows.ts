import type { Lease, LeasedDuty } from "@grantline/feed";
import { StreamParked, type CommandMeta } from "@grantline/event-store";
import { tables, type ListPage, type UpstreamRow } from "@grantline/read-model";
import type { UpstreamContext } from "../context.ts";

const PAGE = 100;
/** Worked at at once: a provider that is slow must not make a round longer than its tokens live. */
const AT_ONCE = 8;

export type Held = Pick<Lease, "assertHeld">;

/** As `LeasedDuty`; of the lease it asks no more than whether it is still held. */
export type UpstreamDuty = Omit<LeasedDuty, "run"> & { run(lease: Held): Promise<number> };

type Where = Readonly<Record<string, string>>;

/** Works at every connection a listing names; for how many there was something to do. The listing says where to look, the stream says what is. */
export async function eachConnection(
  context: UpstreamContext,
  lease: Held,
  where: Where,
  work: (row: UpstreamRow) => Promise<boolean>,
): Promise<number> {
  let done = 0;
  for await (const rows of rowsOf<UpstreamRow>(context, lease, tables.upstreams, where))
    done += (await inParts(rows, (row) => work(row).catch(unlessParked))).filter(Boolean).length;
  return done;
}

/** A listing page by page, as long as the lease is held. */
export async function* rowsOf<T>({ readModel }: UpstreamContext, lease: Held, table: string, where: Where): AsyncGenerator<readonly T[]> {
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

export function metaOf({ random }: UpstreamContext, duty: string): CommandMeta {
  return { correlationId: random.hex(16), actor: { kind: "system", id: duty } };
}
