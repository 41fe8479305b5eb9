import { setImmediate as nextTurn } from "node:timers/promises";
import type { Caller } from "./caller.ts";
import type { Trouble } from "./link.ts";
import { DRAIN } from "./scripts/read-model.ts";

const ROWS = 200;

/** Takes the rows of dropped tables away. They are out of sight at once; their rows go in small steps, and nobody waits for it. */
export interface Draining {
  /** Takes away the numbered tables; what a process that was killed has left is among them at the next drop of the same projection. */
  begin(facts: string, numbers: readonly string[]): void;
  stop(): Promise<void>;
}

export function createDraining(caller: Caller, onTrouble: Trouble): Draining {
  let stopping = false;
  let running: Promise<void> = Promise.resolve();

  async function drain(facts: string, numbers: readonly string[]): Promise<void> {
    for (const number of numbers) {
      while (!stopping && (await caller.evaluate(DRAIN, [facts], [number, ROWS])) === 1) await nextTurn();
      if (stopping) return;
    }
  }

  return {
    begin(facts, numbers) {
      running = running
        .then(() => drain(facts, numbers))
        .catch((error: unknown) => onTrouble("a dropped table could not be taken away; it is at the next drop", error));
    },
    async stop() {
      stopping = true;
      await running;
    },
  };
}
