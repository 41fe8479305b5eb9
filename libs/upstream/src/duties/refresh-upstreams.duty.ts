import { dueHour, type UpstreamRow } from "@grantline/read-model";
import { access, answered } from "../access.ts";
import { connectionId } from "../context.ts";
import type { RefreshParts } from "../refresh/refresh.ts";
import type { Servers } from "../upstream.port.ts";
import { eachConnection, metaOf, type Held, type UpstreamDuty } from "./rows.ts";

const NAME = "refresh-upstreams";
const EVERY_SECONDS = 60;
/** So often in a row a connection is refreshed without being used. Then it waits for its person, whose next call refreshes it: a log must not grow by idleness. */
const UNASKED_AT_MOST = 24;

export interface RefreshUpstreams {
  readonly parts: RefreshParts;
  readonly servers: Servers;
}

/** Refreshes what ends soon, so that nobody's call has to wait for a provider. A claim in the stream keeps this duty and a call from asking twice. */
export function refreshUpstreamsDuty(duty: RefreshUpstreams): UpstreamDuty {
  return { name: NAME, everySeconds: EVERY_SECONDS, firstAfterSeconds: 30, run: (lease) => round(duty, lease) };
}

async function round(duty: RefreshUpstreams, lease: Held): Promise<number> {
  const { context } = duty.parts;
  const now = context.clock.now();
  const hours = new Set([dueHour(now), dueHour(now + context.gateway.refreshAhead + EVERY_SECONDS)]);
  let done = 0;
  for (const due of hours) done += await eachConnection(context, lease, { due }, (row) => refreshOne(duty, row));
  return done;
}

/** True when new tokens came. */
async function refreshOne({ parts, servers }: RefreshUpstreams, { user, server: name }: UpstreamRow): Promise<boolean> {
  const { context } = parts;
  const server = await servers.find(name);
  if (server === undefined) return false;
  if (!context.flags.enabled("upstream.refresh-ahead", { subject: user, provider: server.provider })) return false;
  const { state } = await context.upstreams.load(connectionId(user, name));
  if (state.status !== "connected" || state.unasked >= UNASKED_AT_MOST) return false;
  const answer = await answered(access(parts, { user, server, meta: metaOf(context, NAME), unasked: true }));
  return answer.kind === "token" && answer.generation > state.connection.generation;
}
