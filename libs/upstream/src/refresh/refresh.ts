import { setTimeout as pause } from "node:timers/promises";
import type { ServerDefinition } from "@grantline/domain/server";
import type { Connection } from "@grantline/domain/upstream";
import type { CommandMeta } from "@grantline/event-store";
import { connectionId, type UpstreamContext } from "../context.ts";
import type { TokenRecord, TokenRecords } from "../tokens/record.ts";
import type { UpstreamAccess } from "../upstream.port.ts";
import { bringTokens, type Bringing } from "./bring-tokens.ts";
import { isGood, LOST, noneOf, unavailable, type Connected } from "./hand-out.ts";
import { present } from "./present.ts";

export interface RefreshParts {
  readonly context: UpstreamContext;
  readonly records: TokenRecords;
  /** Tokens a provider gave and the secret store has not taken yet, by the name they belong under. Lost with the process. */
  readonly unsaved: Map<string, TokenRecord>;
}

export interface RefreshOf {
  readonly user: string;
  readonly server: ServerDefinition;
  readonly meta: CommandMeta;
  /** With the tokens that are to be replaced. */
  readonly connection: Connection;
  /** `ahead`: they are still good; nobody has to wait. `refused`: the server does not take them. */
  readonly why: "ahead" | "refused";
  /** Nobody's call waits. */
  readonly unasked?: true;
}

/** Seconds one process may take to bring new tokens; then another may try. Longer than the provider and the secret store together are given. */
export const CLAIM_SECONDS = 30;
/** A server that refuses tokens that have only just come will refuse the next ones too. */
const REST_AFTER_REFUSAL = 15;
const PATIENCE_MS = 20_000;

/**
 * New tokens for a connection. Of all processes that ask, one claims the refresh by an append to the connection's stream, and asks the provider; the others
 * wait for what it brings. Nothing here is a lock: a claim ends by its time, and what was brought is judged by the stream.
 */
export async function refresh(parts: RefreshParts, of: RefreshOf): Promise<UpstreamAccess> {
  const { context } = parts;
  const id = connectionId(of.user, of.server.name);
  if (!(await hasRecord(parts, id, of.connection))) return LOST;
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const now = context.clock.now();
    const claim = context.random.hex(8);
    const { outcome, state } = await context.upstreams.execute(
      id,
      {
        kind: "claim-refresh",
        now,
        claim,
        generation: of.connection.generation,
        until: now + CLAIM_SECONDS,
        after: of.why === "refused" && of.connection.refreshable ? REST_AFTER_REFUSAL : 0,
        ...(of.unasked === undefined ? {} : { unasked: of.unasked }),
      },
      of.meta,
    );
    if (state.status !== "connected") return noneOf(state);
    if (outcome.kind === "claimed") return bringTokens(parts, bringing(of, id, claim, outcome.generation, state));
    if (outcome.kind !== "refused") return unavailable("refresh-undecided", 1);
    if (outcome.reason === "generation-moved") return present(parts.records, id, state);
    if (of.why === "ahead" && isGood(state.connection, now)) return present(parts.records, id, state);
    if (outcome.reason !== "claimed") return unavailable(state.lastError ?? "resting", "until" in outcome ? outcome.until - now : 1);
    if (performance.now() >= giveUpAtMs) return unavailable("refresh-under-way", 2);
    // somebody else is at it; what it brings is in the stream before anybody uses it
    await pause(50 + context.random.token(1).charCodeAt(0));
    const later = await waited(context, id, state);
    if (later !== undefined) return later.status === "connected" ? present(parts.records, id, later) : noneOf(later);
  }
}

function bringing(of: RefreshOf, id: string, claim: string, number: number, state: Connected): Bringing {
  return { ...of, id, claim, number, connection: state.connection, failures: state.failures };
}

/** A process that was given another secret store than the others has nothing to refresh with, and must not keep those from it who have. */
async function hasRecord({ records, unsaved }: RefreshParts, id: string, connection: Connection): Promise<boolean> {
  return unsaved.has(connection.secretName) || (await records.read(id, connection)) !== undefined;
}

/** The state once the claim seen is gone; undefined while it is there, or once it has ended without an answer. */
async function waited({ upstreams }: UpstreamContext, id: string, seen: Connected) {
  const { state } = await upstreams.load(id, { fresh: true });
  if (state.status !== "connected") return state;
  return state.connection.generation === seen.connection.generation ? undefined : state;
}
