import { comparePositions, createTurns, type EventStore, type Position, type StoredEvent, type Subscription } from "@grantline/event-store";
import type { Clock } from "@grantline/oauth/context";
import type { Connection } from "./connection.ts";
import type { Follows } from "./entry.ts";
import { checkpointFrame, resetFrame } from "./framing.ts";
import { FILTER, missedSince, PAGE } from "./missed.ts";
import { createOutgoing, sendAll } from "./outgoing.ts";
import { createRecent } from "./recent.ts";
import { toldBy, type AudienceSources } from "./told.ts";

export type HubSources = AudienceSources & {
  readonly store: Pick<EventStore, "readStream" | "readAll" | "head" | "subscribe">;
  readonly clock: Clock;
};

export interface Follower {
  readonly connection: Connection;
  readonly follows: Follows;
  /** Stream id of the client: its line ends when it is suspended, deleted or revoked. */
  readonly clientStream: string;
}

/** The one subscription to the store that serves every line of this process. It runs while there is one. */
export interface RevocationHub {
  /** From `after` on, or from now. Resolves when the follower gets everything that comes. Throws EventStoreUnavailable. */
  join(follower: Follower, after: Position | undefined): Promise<void>;
  leave(follower: Follower): void;
  /** Lines open now. */
  count(): number;
}

/** A validator is blind after a second without a checkpoint; two may be late. */
const CHECKPOINT_EVERY_MS = 400;
/** Revocations a follower may have missed and still be told one by one. */
const MOST_MISSED = 10_000;

export function createRevocationHub(
  context: HubSources,
  { mostMissed = MOST_MISSED }: { readonly mostMissed?: number } = {},
): RevocationHub {
  const followers = new Set<Follower>();
  let running: Promise<Run> | undefined;

  const started = (): Promise<Run> => {
    running ??= start(context, followers, mostMissed).catch((error: unknown) => {
      running = undefined;
      throw error;
    });
    return running;
  };
  const stopWhenAlone = (): void => {
    if (followers.size > 0 || running === undefined) return;
    const ending = running;
    running = undefined;
    // one that never began has nothing to stop; whoever joined was told why
    ending.then((run) => run.stop()).catch(() => undefined);
  };
  const leave = (follower: Follower): void => {
    followers.delete(follower);
    stopWhenAlone();
  };
  return {
    async join(follower, after) {
      followers.add(follower);
      try {
        await (await started()).welcome(follower, after);
      } catch (error) {
        leave(follower);
        throw error;
      }
    },
    leave,
    count: () => followers.size,
  };
}

interface Run {
  welcome(follower: Follower, after: Position | undefined): Promise<void>;
  stop(): Promise<void>;
}

async function start(context: HubSources, followers: ReadonlySet<Follower>, mostMissed: number): Promise<Run> {
  const { store, clock } = context;
  let known = { at: clock.now(), heardMs: performance.now() };
  const recent = createRecent(await store.head());
  const welcomed = new Set<Follower>();
  /** When those came who were told nothing of what was before: a checkpoint of a look begun earlier would promise them too much. */
  const cameMs = new WeakMap<Follower, number>();
  const inTurn = createTurns();
  const outgoing = createOutgoing(followers, welcomed);

  /** Takes events in, each once, whoever brought them; `upTo`: nothing else is before it. */
  const take = (events: readonly StoredEvent[], upTo: Position): Promise<void> =>
    inTurn("feed", async () => {
      const fresh = events.filter(({ position }) => comparePositions(position, recent.position()) > 0);
      const told = (await Promise.all(fresh.map((event) => toldBy(context, event)))).flat();
      recent.add(told, upTo);
      outgoing.tell(told);
    });

  /** Makes sure by the store itself that nothing is missing, and says so. */
  const check = async (): Promise<void> => {
    const asked = { at: clock.now(), heardMs: performance.now() };
    const head = await store.head();
    if (comparePositions(recent.position(), head) < 0) {
      const events = await store.readAll(recent.position(), PAGE, FILTER);
      await take(events, events.length < PAGE ? later(head, events.at(-1)?.position) : (events.at(-1) as StoredEvent).position);
    }
    if (comparePositions(recent.position(), head) >= 0) known = asked;
    outgoing.flush();
    const text = checkpoint();
    for (const follower of welcomed) if (known.heardMs >= (cameMs.get(follower) ?? 0)) follower.connection.checkpoint(text);
  };
  const checkpoint = (): string =>
    checkpointFrame({ position: recent.position(), at: known.at, behindMs: Math.round(performance.now() - known.heardMs) });

  const subscription: Subscription = store.subscribe(recent.position(), take, FILTER);
  const checking = repeat(check, CHECKPOINT_EVERY_MS);
  return {
    async welcome(follower, after) {
      const until = recent.since();
      const missed = after === undefined ? [] : await missedSince(context, after, { until, position: recent.position(), most: mostMissed });
      await inTurn("feed", async () => {
        outgoing.flush();
        const gap = missed === undefined || (after !== undefined && recent.since() !== until);
        if (gap) follower.connection.push(resetFrame(recent.position()));
        else if (after !== undefined) sendAll(follower, [...missed, ...recent.after(after)]);
        welcomed.add(follower);
        if (after === undefined || gap) {
          cameMs.set(follower, performance.now());
          checking.soon();
        } else follower.connection.checkpoint(checkpoint());
      });
    },
    async stop() {
      await checking.stop();
      await subscription.close();
      outgoing.flush();
    },
  };
}

function later(a: Position, b: Position | undefined): Position {
  return b !== undefined && comparePositions(b, a) > 0 ? b : a;
}

/** Runs again and again, one run at a time. A run that fails is a checkpoint that is not sent: the validators notice. */
function repeat(run: () => Promise<void>, everyMs: number): { soon(): void; stop(): Promise<void> } {
  let last: Promise<void> | undefined;
  let wanted = false;
  const turn = (): void => {
    last ??= run()
      .catch(() => undefined)
      .finally(() => {
        last = undefined;
        if (wanted) soon();
      });
  };
  /** A run that begins after this call. */
  const soon = (): void => {
    wanted = last !== undefined;
    turn();
  };
  const timer = setInterval(turn, everyMs);
  return {
    soon,
    async stop() {
      clearInterval(timer);
      wanted = false;
      await last;
    },
  };
}
