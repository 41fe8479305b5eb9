import { tables, type ServerRow, type SubjectRow, type UpstreamRow } from "@grantline/read-model";
import { connectionId } from "../context.ts";
import { revoke } from "../revoke.ts";
import type { RefreshParts } from "../refresh/refresh.ts";
import type { Servers } from "../upstream.port.ts";
import { eachConnection, metaOf, rowsOf, type Held, type UpstreamDuty } from "./rows.ts";

const NAME = "end-orphaned-upstreams";
const EVERY_SECONDS = 600;
/** Connections whose tokens lie in the secret store. */
const STORED = ["connected", "refused"] as const;

export interface EndOrphans {
  readonly parts: RefreshParts;
  readonly servers: Servers;
}

/** Ends connections to servers that were removed, and of people who are erased (P9): nobody can use them any more, and their tokens must not lie about. */
export function endOrphansDuty(duty: EndOrphans): UpstreamDuty {
  return { name: NAME, everySeconds: EVERY_SECONDS, firstAfterSeconds: 60, run: (lease) => round(duty, lease) };
}

async function round(duty: EndOrphans, lease: Held): Promise<number> {
  const { context } = duty.parts;
  let done = 0;
  for await (const rows of rowsOf<ServerRow>(context, lease, tables.servers, { status: "removed" }))
    for (const { name } of rows) done += await endAll(duty, lease, { server: name });
  for await (const rows of rowsOf<SubjectRow>(context, lease, tables.subjects, { status: "erased" }))
    for (const { subject } of rows) done += await endAll(duty, lease, { user: subject });
  return done;
}

async function endAll(duty: EndOrphans, lease: Held, of: Readonly<Record<string, string>>): Promise<number> {
  let done = 0;
  for (const status of STORED) done += await eachConnection(duty.parts.context, lease, { ...of, status }, (row) => endOne(duty, row));
  return done;
}

/** True when it was ended. The listing may be behind: a server may have come back. */
async function endOne({ parts, servers }: EndOrphans, { user, server: name }: UpstreamRow): Promise<boolean> {
  const { context, records } = parts;
  const meta = metaOf(context, NAME);
  const server = await servers.find(name);
  const { state: subject } = await context.subjects.load(user);
  if (server !== undefined)
    return subject.status === "erased" && (await revoke(parts, { user, server, meta }, "subject-erased")) === "revoked";
  // who gave the tokens is not known any more, so they are only forgotten here
  const { outcome, state } = await context.upstreams.execute(
    connectionId(user, name),
    { kind: "revoke", now: context.clock.now(), reason: "server-removed" },
    meta,
  );
  if (state.status === "revoked") await records.remove(state.connection.secretName);
  return outcome.kind === "done";
}
