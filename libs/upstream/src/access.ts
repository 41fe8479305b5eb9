import type { Connection, UpstreamState } from "@grantline/domain/upstream";
import { secretNameOf } from "@grantline/secrets";
import { connectionId, type UpstreamContext } from "./context.ts";
import { scopeRules } from "./providers/scopes.ts";
import { save, say, troubleOf } from "./refresh/bring-tokens.ts";
import { isDue, isGood, noneOf, unavailable, type Connected } from "./refresh/hand-out.ts";
import { present } from "./refresh/present.ts";
import { refresh, type RefreshOf, type RefreshParts } from "./refresh/refresh.ts";
import type { ConnectionOf, GatewayServer, UpstreamAccess } from "./upstream.port.ts";

/** See Upstreams. */
export async function access(parts: RefreshParts, of: Needing): Promise<UpstreamAccess> {
  const { context } = parts;
  if (of.server.authorization === "static") return sharedToken(context, of.server);
  const id = connectionId(of.user, of.server.name);
  const known = judged(context, of, (await context.upstreams.load(id)).state);
  const answer = known.none ?? (await serve(parts, of, known.state));
  if (answer.kind !== "none") return answer;
  // a no is given only on what was just read from the store: somewhere else the person may have connected a moment ago
  const { none, state } = judged(context, of, (await context.upstreams.load(id, { fresh: true })).state);
  if (none !== undefined) return state.status === "refused" ? heal(parts, of, state.connection, none) : none;
  return known.state.status === "connected" && known.state.connection.generation === state.connection.generation
    ? answer
    : serve(parts, of, state);
}

type Needing = ConnectionOf & { readonly scopes?: readonly string[]; readonly unasked?: true };

/** The tokens of a connection that is what it should be, new ones where it is time. */
async function serve(parts: RefreshParts, of: Needing, state: Connected): Promise<UpstreamAccess> {
  const { context } = parts;
  const { connection } = state;
  const now = context.clock.now();
  const ahead = context.flags.enabled("upstream.refresh-ahead", { subject: of.user, provider: of.server.provider });
  if (isDue(connection, now, context.gateway.refreshAhead) && (ahead || !isGood(connection, now))) {
    const answer = await refresh(parts, refreshOf(of, state, "ahead"));
    return answer.kind === "none" ? heal(parts, of, connection, answer) : answer;
  }
  // nothing can renew it: the person has to come back
  if (!isGood(connection, now) && !connection.refreshable) return { kind: "none", reason: "refresh-refused" };
  return present(parts.records, connectionId(of.user, of.server.name), state);
}

/** See Upstreams. */
export async function renew(
  parts: RefreshParts,
  of: ConnectionOf & { readonly refused: { readonly generation: number } },
): Promise<UpstreamAccess> {
  if (of.server.authorization === "static") return { kind: "none", reason: "refresh-refused" };
  const id = connectionId(of.user, of.server.name);
  const { none, state } = judged(parts.context, of, (await parts.context.upstreams.load(id, { fresh: true })).state);
  if (none !== undefined) return none;
  if (state.connection.generation > of.refused.generation) return present(parts.records, id, state);
  return refresh(parts, refreshOf(of, state, "refused"));
}

type Standing = { readonly none?: never; readonly state: Connected } | { readonly none: UpstreamAccess; readonly state: UpstreamState };

function judged(context: UpstreamContext, { server, scopes = [] }: Needing, state: UpstreamState): Standing {
  if (state.status !== "connected") return { state, none: noneOf(state) };
  if (!isFor(state.connection, server)) return { state, none: { kind: "none", reason: "not-connected" } };
  if (!covers(context, server, state.connection, scopes)) return { state, none: { kind: "none", reason: "scope" } };
  return { state };
}

function refreshOf(
  { user, server, meta, unasked }: ConnectionOf & Pick<RefreshOf, "unasked">,
  { connection }: Connected,
  why: RefreshOf["why"],
): RefreshOf {
  return {
    user,
    server,
    meta,
    why,
    connection,
    ...(unasked === undefined ? {} : { unasked }),
  };
}

/** Tokens go to the server they were asked for. One of the same name at another place, or with another provider, is another server. */
export function isFor({ provider, target }: Pick<Connection, "provider" | "target">, server: GatewayServer): boolean {
  return provider === server.provider && target === targetOf(server);
}

/** What tokens are bound to: the URL, or the bridge process. */
export function targetOf(server: GatewayServer): string {
  return server.url ?? `stdio:${server.name}`;
}

/** Scopes a provider does not govern by name can't be missed. */
function covers(context: UpstreamContext, server: GatewayServer, { scopes }: Connection, needed: readonly string[]): boolean {
  const { governed, canonical } = scopeRules(context, server.provider);
  const held = new Set(scopes.map(canonical));
  return !governed || needed.every((scope) => held.has(canonical(scope)));
}

/** One token for everybody, which an operator has put into the secret store. */
async function sharedToken({ secrets }: UpstreamContext, { provider, name, scopes }: GatewayServer): Promise<UpstreamAccess> {
  const secret = await secrets.get(secretNameOf({ provider, server: name, tokenType: "access-token" }));
  if (secret === undefined) return { kind: "none", reason: "not-connected" };
  const { value: accessToken, expiresAt } = secret;
  return { kind: "token", accessToken, generation: 0, scopes, ...(expiresAt === undefined ? {} : { expiresAt }) };
}

/** Tokens this process got and could not store, while another one was told that the refresh token is used up: they are the ones that are good. */
async function heal(
  parts: RefreshParts,
  { user, server, meta }: ConnectionOf,
  connection: Connection,
  otherwise: UpstreamAccess,
): Promise<UpstreamAccess> {
  const record = parts.unsaved.get(connection.secretName);
  if (record === undefined) return otherwise;
  const id = connectionId(user, server.name);
  return say(parts, { id, claim: parts.context.random.hex(8), server, meta, connection }, await save(parts, { id, connection }, record));
}

/** A store that does not answer is said to be so, and is no fault of the connection. */
export async function answered(work: Promise<UpstreamAccess>): Promise<UpstreamAccess> {
  return work.catch((error: unknown) => {
    const { reason, retryAfterSeconds = 5 } = troubleOf(error);
    return unavailable(reason, retryAfterSeconds);
  });
}
