import { StreamParked } from "@grantline/event-store";
import { tables, type GrantRow, type ListPage } from "@grantline/read-model";
import type { AdminParts } from "../context.ts";

const PAGE = 200;

/**
 * Records the end of grants whose time is over (GrantExpired), for those who read the log; answers how many. Tokens end by the clock whether or
 * not this has run. The listing only says where to look: each grant is decided on its own stream.
 */
export async function sweepEndedGrants(context: AdminParts): Promise<number> {
  await context.projector.caughtUp();
  const meta = { correlationId: context.random.hex(16), actor: { kind: "system", id: "sweep-ended-grants" } } as const;
  let ended = 0;
  for await (const row of standingGrants(context)) {
    const reason = endOf(context, row);
    if (reason === undefined) continue;
    try {
      const { position } = await context.grants.execute(row.grantId, { kind: "expire", now: context.clock.now(), reason }, meta);
      if (position !== undefined) ended += 1;
    } catch (error) {
      // P11: a parked stream holds up nobody else
      if (!(error instanceof StreamParked)) throw error;
    }
  }
  return ended;
}

/** Why the grant is probably over. The idle time of the settings is a guess: a client may have a longer one, and the decider then says no. */
function endOf({ clock, settings }: AdminParts, row: GrantRow): "absolute" | "code" | "idle" | undefined {
  const now = clock.now();
  const lifetimes = settings.lifetimes[row.entity ?? "human"];
  if (row.expiresAt <= now) return "absolute";
  if (row.status === "authorized") return row.createdAt + lifetimes.code <= now ? "code" : undefined;
  return (row.lastUsedAt ?? row.createdAt) + lifetimes.refreshIdle <= now ? "idle" : undefined;
}

async function* standingGrants(context: AdminParts): AsyncGenerator<GrantRow> {
  for (const status of ["authorized", "active"]) {
    let cursor: string | undefined;
    do {
      const page: ListPage = await context.readModel.list(tables.grants, {
        where: { status },
        limit: PAGE,
        ...(cursor === undefined ? {} : { cursor }),
      });
      for (const row of page.rows) yield row.value as GrantRow;
      cursor = page.nextCursor;
      // A listing reads synchronously: requests must get their turn between two pages.
      await new Promise((resolve) => setImmediate(resolve));
    } while (cursor !== undefined);
  }
}
