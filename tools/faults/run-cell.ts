import { setTimeout as pause } from "node:timers/promises";
import { BOUNDS, type Arena, type Cell } from "./cell.ts";
import { countsOf, failed, saidOf, type Issued } from "./history.ts";
import { judgeLog } from "./judge/log.judge.ts";
import { judgeProjections } from "./judge/projections.judge.ts";
import { judgeClients, judgeTokens, remembered } from "./judge/tokens.judge.ts";
import { startLoad, type Load } from "./load.ts";
import { seeded } from "./seeded.ts";
import type { Stage } from "./stage.ts";
import { KEY_SPACE, type World } from "./world.ts";

/** What became of one cell. Seconds. */
export interface Outcome {
  readonly id: string;
  readonly title: string;
  readonly requests: number;
  /** What users saw that was not what they wanted: while the fault went on, and after it. */
  readonly during: string;
  readonly after: string;
  /** Whoever asked so long after the fault, or later, was served while it went on; absent where that was not so. */
  readonly servedAgain?: number;
  /** From the end of the fault until nobody saw a failure and every instance was ready. */
  readonly recovery: number;
  readonly takeOver?: number;
  readonly acknowledged: number;
  readonly revoked: number;
  readonly events: number;
  readonly notes: readonly string[];
  /** What refusals said, for whoever looks into them. */
  readonly said: string;
  /** Promises broken; the cell holds when there are none. */
  readonly broken: readonly string[];
}

export interface CellRun {
  readonly cell: Cell;
  readonly world: World;
  readonly stage: Stage;
  readonly seed: number;
  readonly quick: boolean;
  /** Tokens of former cells; this one's are added. */
  readonly memory: Issued[];
}

const WARM_UP_MS = 1_500;
const CALM_MS = 2_000;
const MEMORY = 40;

/** Users at work, the fault, its end, calm again, then judgement. */
export async function runCell({ cell, world, stage, seed, quick, memory }: CellRun): Promise<Outcome> {
  const random = seeded(seed);
  const load = startLoad(stage, random.fork(), memory);
  const notes: string[] = [];
  const arena: Arena = { world, stage, load, random, quick, note: (text) => void notes.push(text) };
  const broken: string[] = [];
  try {
    await pause(WARM_UP_MS + random.between(0, 500));
    const [faultMs, faultAt] = [performance.now(), Date.now()];
    const struck = await cell.strike(arena);
    const held = cell.holdSeconds[quick ? "quick" : "full"];
    await pause(held * 1_000);
    const healMs = performance.now();
    await struck.heal();
    const readyMs = await untilCalm(arena, healMs);
    if (readyMs === undefined) broken.push(`not calm again within ${BOUNDS.node} s: ${await unready(world)}`);
    await load.stop();
    const log = await judgeAll(arena, cell, broken);
    const take = log.takes.find(({ duty, atMs }) => duty === struck.duty && atMs > faultAt);
    const times = timesOf(load, faultMs, healMs, readyMs ?? performance.now());
    const takeOver = take === undefined ? undefined : (take.atMs - faultAt) / 1_000;
    broken.push(...outOfBounds(cell, held, times, takeOver), ...new Set(load.history.violations.map(({ what }) => what)));
    memory.splice(0, memory.length, ...remembered(load.history, MEMORY));
    return {
      id: cell.id,
      title: cell.title,
      requests: load.history.seen.length,
      ...times,
      ...(takeOver === undefined ? {} : { takeOver }),
      acknowledged: load.history.tokens.length,
      revoked: load.history.tokens.filter(({ revokedMs }) => revokedMs !== undefined).length,
      events: log.events,
      notes,
      said: saidOf(load.history.seen),
      broken,
    };
  } finally {
    await load.stop();
  }
}

interface Times {
  readonly during: string;
  readonly after: string;
  readonly servedAgain?: number;
  readonly recovery: number;
}

function timesOf(load: Load, faultMs: number, healMs: number, readyMs: number): Times {
  const { seen } = load.history;
  const during = seen.filter(({ startMs, endMs }) => endMs >= faultMs && startMs < healMs);
  // by the moment of asking: how long its sender then waited is the sender's own patience
  const lastDuring = during.filter(failed).reduce((last, { startMs }) => Math.max(last, startMs), faultMs);
  const lastAfter = Math.max(load.lastFailureMs(0) ?? healMs, readyMs);
  return {
    during: countsOf(during),
    after: countsOf(seen.filter(({ startMs }) => startMs >= healMs)),
    // a failure within the last seconds means that it went on to the end
    ...(healMs - lastDuring > 2_000 ? { servedAgain: (lastDuring - faultMs) / 1_000 } : {}),
    recovery: Math.max(0, lastAfter - healMs) / 1_000,
  };
}

function outOfBounds(cell: Cell, held: number, times: Times, takeOver: number | undefined): readonly string[] {
  const wrong: string[] = [];
  if (times.recovery > BOUNDS.node) wrong.push(`recovery took ${times.recovery.toFixed(1)} s`);
  if (takeOver !== undefined && takeOver > BOUNDS.takeOver) wrong.push(`the lease moved after ${takeOver.toFixed(1)} s`);
  if (cell.servedWithin !== undefined && cell.servedWithin < held && (times.servedAgain ?? held) > cell.servedWithin)
    wrong.push(`users were not served again ${cell.servedWithin} s after the fault`);
  if (cell.noticed === "none" && times.during + times.after !== "") wrong.push(`users noticed: ${times.during} ${times.after}`);
  return wrong;
}

/** Waits for two seconds without a failure, and everybody ready; when the latter began. Undefined: it did not come to that. */
async function untilCalm({ load, world }: Arena, healMs: number): Promise<number | undefined> {
  const until = performance.now() + BOUNDS.node * 1_000;
  let readyMs: number | undefined;
  while (performance.now() < until) {
    const asked = performance.now();
    if ((await unready(world)) !== "") readyMs = undefined;
    else readyMs ??= asked;
    if (readyMs !== undefined && performance.now() - Math.max(healMs, load.lastFailureMs(0) ?? 0) > CALM_MS) return readyMs;
    await pause(200);
  }
  return undefined;
}

/** Which instances are not ready, and what they say. */
async function unready({ platform }: World): Promise<string> {
  const services = ["token-service", "client-registry", "rotation-worker", "audit-projector"] as const;
  const said = await Promise.all(
    services.flatMap((service) =>
      platform.all(service).map(async ({ origin }, n) => {
        const answer = await fetch(`${origin}/health/ready`, { signal: AbortSignal.timeout(3_000) }).catch(() => undefined);
        const text = await answer?.text();
        return answer?.ok === true ? "" : `${service} ${n}: ${text ?? "no answer"}`;
      }),
    ),
  );
  return said.filter((one) => one !== "").join("; ");
}

async function judgeAll(arena: Arena, cell: Cell, broken: string[]): ReturnType<typeof judgeLog> {
  const { world, stage, load } = arena;
  await judgeTokens(stage, load.history);
  await judgeClients(load.history);
  const log = await judgeLog(world.postgresUrl, load.history);
  const shown = await judgeProjections({ postgres: world.postgresUrl, redis: world.redis.url }, KEY_SPACE);
  arena.parked = shown.parked;
  if (shown.caughtUpMs > 2_000) arena.note(`the listings were ${(shown.caughtUpMs / 1_000).toFixed(1)} s behind when calm had come`);
  broken.push(...log.wrong, ...shown.wrong, ...((await cell.judge?.(arena)) ?? []));
  return log;
}
