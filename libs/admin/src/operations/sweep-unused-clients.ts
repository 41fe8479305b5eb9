import { expireUnusedClients } from "@grantline/oauth/registration";
import { tables, type ClientRow, type GrantRow, type ListPage } from "@grantline/read-model";
import type { AdminParts } from "../context.ts";
import { lives } from "../grants/grants.handler.ts";

const PAGE = 500;

/**
 * Lets self-registered clients go that are past their unused lifetime and hold no live grant; answers how many went. To be run now and then by one
 * process. The listing only says where to look: each client is decided on its own stream.
 */
export async function sweepUnusedClients(context: AdminParts): Promise<number> {
  await context.projector.caughtUp();
  const meta = { correlationId: context.random.hex(16), actor: { kind: "system", id: "sweep-unused-clients" } } as const;
  return expireUnusedClients(
    context,
    { clients: candidates(context), holdsLiveGrant: (clientId) => holdsLiveGrant(context, clientId) },
    meta,
  );
}

async function* candidates(context: AdminParts): AsyncGenerator<{ readonly clientId: string }> {
  for await (const row of rows(context, tables.clients, { expiring: "yes", status: "active" })) {
    const { clientId, unusedExpiresAt = Infinity } = row as ClientRow;
    if (unusedExpiresAt <= context.clock.now()) yield { clientId };
  }
}

async function holdsLiveGrant(context: AdminParts, clientId: string): Promise<boolean> {
  const now = context.clock.now();
  for await (const row of rows(context, tables.grants, { client: clientId })) {
    const { state } = await context.grants.load((row as GrantRow).grantId);
    if (await lives(context, state, now)) return true;
  }
  return false;
}

async function* rows(context: AdminParts, table: string, where: Readonly<Record<string, string>>): AsyncGenerator<unknown> {
  let cursor: string | undefined;
  do {
    const page: ListPage = await context.readModel.list(table, { where, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    for (const row of page.rows) yield row.value;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}
