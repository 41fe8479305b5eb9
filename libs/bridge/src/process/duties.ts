import { type MarkedApplication, TargetRefused, TargetUnavailable } from "../target.port.ts";
import type { BridgeEnd, BridgeState } from "@grantline/domain/bridge";
import { type CommandMeta, StreamParked } from "@grantline/event-store";
import { type BridgeRow, type ListPage, type ReadModel, tables } from "@grantline/read-model";
import { drive, type DriveParts, type DriveRun, stepOf } from "./drive.ts";

const PAGE = 100;
const RESUME_EVERY_SECONDS = 5;
const LIFE_CYCLE_EVERY_SECONDS = 3_600;
/** For one registration; one that takes longer goes on at the next turn. */
const PATIENCE_MS = 60_000;

export interface BridgeDutiesParts extends DriveParts {
  readonly readModel: Pick<ReadModel, "list">;
  readonly log: { info(members: object, text: string): void; warn(members: object, text: string): void };
  readonly times: BridgeLifeTimes;
}

export interface BridgeLifeTimes {
  /** How long a request waits for its registration; whoever has waited that long and twice as long again is gone. */
  readonly patience: number;
  /** A registration nobody ever used goes after so long. */
  readonly unused: number;
  /** One that was used, after so long without a token. */
  readonly idle: number;
}

interface Held {
  assertHeld(): Promise<void>;
}

/** Work that one process of all does now and then; with a lease it asks before each step whether it still may. */
export interface BridgeDuty {
  readonly name: string;
  readonly everySeconds: number;
  readonly firstAfterSeconds: number;
  run(lease?: Held): Promise<number>;
}

/** What nobody waits for: going on where somebody was killed, taking back, new secrets, registrations nobody uses, applications nobody owns. */
export function bridgeDuties(parts: BridgeDutiesParts): readonly BridgeDuty[] {
  return [
    { name: "bridge-resume", everySeconds: RESUME_EVERY_SECONDS, firstAfterSeconds: 1, run: (lease) => resume(parts, lease) },
    { name: "bridge-life-cycle", everySeconds: LIFE_CYCLE_EVERY_SECONDS, firstAfterSeconds: 60, run: (lease) => lifeCycle(parts, lease) },
  ];
}

/**
 * Goes on with what was begun. A registration whose requester is gone is taken back and not completed: its credentials were in the answer nobody got,
 * so finished it would be an application without an owner. How many were brought to an end.
 */
export async function resume(parts: BridgeDutiesParts, lease?: Held): Promise<number> {
  let done = 0;
  for await (const bridgeId of listed(parts, { unfinished: "yes" })) if (await settled(parts, bridgeId, lease, abandon)) done += 1;
  return done;
}

/** New secrets ahead of the end of old ones, removal of what is not used, and of applications at the target that no stream knows. */
export async function lifeCycle(parts: BridgeDutiesParts, lease?: Held): Promise<number> {
  let done = 0;
  for await (const bridgeId of listed(parts, { status: "active" })) if (await settled(parts, bridgeId, lease, retire)) done += 1;
  return done + (await removeStrays(parts, lease));
}

type Judge = (parts: BridgeDutiesParts, bridgeId: string, state: BridgeState, meta: CommandMeta) => Promise<"leave" | "drive">;

/** P11: what this release can't read, and what the target can't do now, holds up nobody else. */
async function settled(parts: BridgeDutiesParts, bridgeId: string, lease: Held | undefined, judge: Judge): Promise<boolean> {
  const run = newRun(bridgeId, lease);
  try {
    await lease?.assertHeld();
    const { state } = await parts.bridges.load(bridgeId, { fresh: true });
    if ((await judge(parts, bridgeId, state, run.meta)) === "leave") return false;
    const { revision } = await parts.bridges.load(bridgeId);
    await drive(parts, bridgeId, run);
    return (await parts.bridges.load(bridgeId)).revision > revision || state.status !== "active";
  } catch (error) {
    if (!(error instanceof StreamParked || error instanceof TargetUnavailable || error instanceof TargetRefused)) throw error;
    parts.log.warn({ bridgeId, why: error.message }, "a registration of the bridge could not be gone on with; it is tried again");
    return false;
  }
}

const abandon: Judge = async (parts, bridgeId, state, meta) => {
  const { bridges, clock, times } = parts;
  if (state.status === "none" || state.status === "gone") return "leave";
  if (state.status !== "pending") return "drive";
  if (clock.now() - state.requestedAt < 3 * times.patience) return "leave";
  await bridges.execute(
    bridgeId,
    { kind: "fail", now: clock.now(), life: state.life, step: stepOf(parts, state), reason: "abandoned" },
    meta,
  );
  return "drive";
};

const retire: Judge = async ({ bridges, clock, times }, bridgeId, state, meta) => {
  if (state.status !== "active") return "leave";
  const reason = endOf(state, clock.now(), times);
  if (reason !== undefined) await bridges.execute(bridgeId, { kind: "end", now: clock.now(), reason }, meta);
  return "drive";
};

function endOf(state: Extract<BridgeState, { status: "active" }>, now: number, { unused, idle }: BridgeLifeTimes): BridgeEnd | undefined {
  if (state.usedAt === undefined) return now - state.requestedAt >= unused ? "unused" : undefined;
  return now - state.usedAt >= idle ? "idle" : undefined;
}

/** So many at once are no leftovers of ours any more, if nothing at the target is known. */
const FEW_STRAYS = 10;

/**
 * One that was made by a process which froze before its effect and woke up after the clean-up, for instance. Young ones may be somebody's work in hand. Where nearly all
 * are strays the log is another's (an empty folder, a wrong database, a second installation of the same issuer): then nothing is removed.
 */
async function removeStrays(parts: BridgeDutiesParts, lease: Held | undefined): Promise<number> {
  const { target, log } = parts;
  if (target.marked === undefined) return 0;
  let removed = 0;
  try {
    const strays: MarkedApplication[] = [];
    let known = 0;
    for await (const application of target.marked(newRun("strays", lease))) {
      const keys = await keysOf(parts, application);
      if (keys === undefined) {
        if (!isYoung(parts, application)) strays.push(application);
        continue;
      }
      known += 1;
      await lease?.assertHeld();
      const lost = application.keys.filter((key) => !isYoung(parts, key) && !keys.includes(key.keyId));
      for (const { keyId } of lost) await application.removeKey(keyId);
      removed += lost.length;
    }
    if (strays.length > FEW_STRAYS && strays.length > known) {
      log.warn(
        { strays: strays.length, known },
        "most applications at the bridge's target belong to no registration here; none is removed: is this the right log?",
      );
      return removed;
    }
    for (const application of strays) {
      await lease?.assertHeld();
      // it may have become somebody's while the others were looked at
      if ((await keysOf(parts, application)) !== undefined) continue;
      await application.remove();
      removed += 1;
      log.warn({ bridgeId: application.bridgeId }, "an application at the bridge's target belonged to no registration and was removed");
    }
  } catch (error) {
    if (!(error instanceof TargetUnavailable || error instanceof TargetRefused)) throw error;
    log.warn({ why: error.message }, "the applications at the bridge's target could not be gone through; they are at the next turn");
  }
  return removed;
}

/** Ids of the secrets of the registration it belongs to; undefined when there is none. */
async function keysOf({ bridges }: BridgeDutiesParts, { bridgeId, life }: MarkedApplication): Promise<readonly string[] | undefined> {
  const { state } = await bridges.load(bridgeId, { fresh: true });
  return state.status !== "none" && state.status !== "gone" && state.life === life ? state.keys.map(({ keyId }) => keyId) : undefined;
}

function isYoung({ clock, times }: BridgeDutiesParts, { createdAt }: { readonly createdAt: number }): boolean {
  return clock.now() - createdAt < 3 * times.patience;
}

function newRun(bridgeId: string, lease: Held | undefined): DriveRun {
  const correlationId = `bridge-${bridgeId}`;
  return {
    signal: AbortSignal.timeout(PATIENCE_MS),
    hand: new Map(),
    correlationId,
    meta: { correlationId, actor: { kind: "system", id: "bridge" } },
    ...(lease === undefined ? {} : { assertHeld: () => lease.assertHeld() }),
  };
}

async function* listed({ readModel }: BridgeDutiesParts, where: Readonly<Record<string, string>>): AsyncGenerator<string> {
  let cursor: string | undefined;
  do {
    const page: ListPage = await readModel.list(tables.bridges, { where, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    for (const { value } of page.rows) yield (value as BridgeRow).bridgeId;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}
