import type { Cell } from "./cell.ts";
import { runCell, type Outcome } from "./run-cell.ts";
import { setStage } from "./stage.ts";
import { startWorld, type World } from "./world.ts";
import type { Issued } from "./history.ts";

export interface RunOptions {
  readonly cells: readonly Cell[];
  readonly seed: number;
  readonly quick: boolean;
  readonly say: (text: string) => void;
  readonly onOutcome?: (outcome: Outcome) => void;
  /** Told of each world that is started, so that it can be stopped when the run is broken off. */
  readonly onWorld?: (world: World) => void;
}

/** What could not be run here, and why. */
export interface LeftOut {
  readonly id: string;
  readonly title: string;
  readonly why: string;
}

export interface MatrixRun {
  readonly outcomes: readonly Outcome[];
  readonly leftOut: readonly LeftOut[];
}

/** Runs cells one after the other in one world; what one fault did must not hurt what comes after. A world that can't be used any more is left for a new one. */
export async function runCells({ cells, seed, quick, say, onOutcome = () => undefined, onWorld }: RunOptions): Promise<MatrixRun> {
  const outcomes: Outcome[] = [];
  const leftOut: LeftOut[] = [];
  let memory: Issued[] = [];
  let world: World | undefined;
  let stage: Awaited<ReturnType<typeof setStage>> | undefined;
  try {
    for (const cell of cells) {
      if (world === undefined || stage === undefined) {
        say("starting engines and services …");
        world = await startWorld({
          seed,
          kafka: true,
          smallDisks: cells.some(({ needs }) => needs === "disks"),
          clocks: cells.some(({ needs }) => needs === "clock"),
        });
        onWorld?.(world);
        stage = await setStage(world.platform);
        memory = [];
      }
      const why = missing(cell, world);
      if (why !== undefined) {
        leftOut.push({ id: cell.id, title: cell.title, why });
        continue;
      }
      const outcome = await runCell({ cell, world, stage, seed, quick, memory }).catch((error: unknown) => ruined(cell, error));
      outcomes.push(outcome);
      onOutcome(outcome);
      if (outcome.broken.length > 0 && cells.at(-1) !== cell) {
        await world.stop();
        world = undefined;
      }
    }
  } finally {
    await world?.stop();
  }
  return { outcomes, leftOut };
}

function missing({ needs }: Cell, { disks, clock }: World): string | undefined {
  if (needs === "disks" && disks.postgres === undefined) return "needs the right to mount a small file system";
  if (needs === "clock" && clock === undefined) return "needs libfaketime";
  return undefined;
}

function ruined({ id, title }: Cell, error: unknown): Outcome {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    id,
    title,
    requests: 0,
    during: "",
    after: "",
    recovery: 0,
    acknowledged: 0,
    revoked: 0,
    events: 0,
    notes: [],
    said: "",
    broken: [`the run itself failed: ${what.slice(0, 600)}`],
  };
}
