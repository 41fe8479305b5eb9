import { setImmediate as nextTurn } from "node:timers/promises";
import type { EventLink, EventStore, Position } from "@grantline/event-store";
import { checkpoint, type CheckpointerOptions, TreeInconsistent } from "../checkpoint/checkpointer.ts";
import type { CheckpointSink } from "../checkpoint/checkpoint-sink.ts";
import type { NoteSigner } from "../note/note.ts";
import { dayOf } from "./days.ts";
import { type Growth, openGrowth, TreeDamaged } from "./growth.ts";
import { TreeMoved, type TreeStore } from "./port.ts";
import { createTreeReader, TILE_WIDTH } from "./tiles.ts";

export interface GrowerLog {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface TreeGrowerOptions {
  readonly store: EventStore;
  readonly treeStore: TreeStore;
  readonly signer: NoteSigner;
  readonly clock: { /** Epoch seconds. */ now(): number };
  readonly log: GrowerLog;
  readonly sinks?: readonly CheckpointSink[];
  /** Of several processes one at a time lets the tree grow; without it this is the only one. */
  readonly lease?: { held(): boolean };
  /** Milliseconds between checkpoints while there is news; P10 promises a second. */
  readonly everyMs?: number;
  /** After each round, with the growth: closes days. */
  readonly afterRound?: (growth: Growth) => Promise<void>;
}

export interface TreeGrower {
  start(): void;
  /** Takes in everything up to the head of the log and signs it, now. Answers the last checkpoint. */
  catchUp(): Promise<string | undefined>;
  /** Leaves: of the tree in memory. Undefined while another process lets it grow. */
  size(): number | undefined;
  close(): Promise<void>;
}

/** From the beginning of one round to that of the next: with what a round takes on a busy machine, still within the second. */
const EVERY_MS = 700;
/** Of that, taking in a long backlog gets no more than this part: it is signed on the way, and requests have the rest. */
const BUSY = 0.5;
const LEAST_REST_MS = 50;
/** Leaves in memory after which they are stored even between checkpoints: about 2 MB. */
const MOST_UNSTORED = 8_192;
/** Events between two looks at what else there is to do: reading and hashing them takes a millisecond or two. */
const SLICE = 500;

/** Grows the tree along the log and signs it (P10). */
export function createTreeGrower(options: TreeGrowerOptions): TreeGrower {
  const { store, treeStore, signer, clock, log, lease, everyMs = EVERY_MS } = options;
  const signing: CheckpointerOptions = {
    treeStore,
    signer,
    clock,
    sinks: options.sinks ?? [],
    onSinkFailure: (error) => log.error({ err: error }, "a checkpoint could not be taken off the box; the next one will be tried"),
  };
  let growth: Growth | undefined;
  let stopped: string | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work, work);
    turn = done.catch(() => undefined); // whoever asked for the work is told
    return done;
  };

  const round = async (): Promise<boolean> => {
    if (lease?.held() === false) {
      growth = undefined;
      return true;
    }
    growth ??= await openOn(store, treeStore);
    const all = await takeIn(store, growth, everyMs * BUSY);
    await checkpoint(growth, signing, all);
    await options.afterRound?.(growth);
    stopped = undefined;
    return all;
  };
  const attempt = async (): Promise<void> => {
    try {
      await inTurn(round);
    } catch (error) {
      growth = undefined;
      // Said once: it will not mend itself, and what was signed stands
      const grave = error instanceof TreeInconsistent || error instanceof TreeDamaged;
      const message = error instanceof Error ? error.message : String(error);
      if (!(error instanceof TreeMoved) && stopped !== message) {
        log.error(
          { err: error, grave },
          grave
            ? "no checkpoint is signed: the log does not fit what was signed before"
            : "the tree could not grow just now; it is tried again",
        );
      }
      stopped = message;
    }
  };
  const again = (restMs: number): void => {
    timer = setTimeout(() => {
      const begunMs = performance.now();
      void attempt().then(() => timer !== undefined && again(Math.max(LEAST_REST_MS, everyMs - (performance.now() - begunMs))));
    }, restMs).unref();
  };
  return {
    start: () => {
      if (timer === undefined) again(everyMs);
    },
    catchUp: async () => {
      while (!(await inTurn(round)));
      return treeStore.checkpoint();
    },
    size: () => growth?.size,
    close: async () => {
      clearTimeout(timer);
      timer = undefined;
      await turn;
    },
  };
}

/** Reads what is new, for one round at most: a long backlog is signed on the way too. True when all of it. */
async function takeIn(store: EventStore, growth: Growth, forMs: number): Promise<boolean> {
  let unstored = 0;
  for (const untilMs = performance.now() + forMs; ;) {
    const events = await linksAfter(store, growth.position);
    for (const event of events) growth.append(event);
    unstored += events.length;
    if (events.length < SLICE) return true;
    if (unstored >= MOST_UNSTORED) {
      await growth.commit();
      unstored = 0;
    }
    if (performance.now() > untilMs) return false;
    await nextTurn();
  }
}

async function linksAfter(store: EventStore, after: Position): Promise<readonly EventLink[]> {
  if (store.readLinks !== undefined) return store.readLinks(after, SLICE);
  return (await store.readAll(after, SLICE)).map((event) => ({ ...event, day: dayOf(event) }));
}

/** The stored tree, after a look whether the log still has its last leaf: a restored backup may be behind it. */
async function openOn(store: EventStore, treeStore: TreeStore): Promise<Growth> {
  const growth = await openGrowth(treeStore);
  if (growth.size === 0) return growth;
  const last = growth.size - 1;
  const leaf = (await createTreeReader(treeStore).leaves(Math.floor(last / TILE_WIDTH)))[last % TILE_WIDTH];
  const [event] = leaf === undefined ? [] : await store.readStream(leaf.stream, leaf.revision, 1);
  if (leaf === undefined || event?.hash !== leaf.hash) {
    throw new TreeInconsistent(
      `the log does not have the event of leaf ${last} (${leaf?.stream ?? "unknown"}, revision ${leaf?.revision ?? "unknown"})`,
    );
  }
  return growth;
}
