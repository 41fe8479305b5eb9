import { comparePositions, type Position } from "@grantline/event-store";
import { ProjectionsBehind } from "./projector.port.ts";

interface Waiter {
  readonly target: Position;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** Callers that wait for a position. */
export interface Waiters {
  wait(target: Position, patienceMs: number): Promise<void>;
  reached(position: Position): void;
  reject(error: Error): void;
}

export function createWaiters(): Waiters {
  const waiting = new Set<Waiter>();

  function take(waiter: Waiter): void {
    clearTimeout(waiter.timer);
    waiting.delete(waiter);
  }

  return {
    wait: (target, patienceMs) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(waiter);
          reject(new ProjectionsBehind(`The listings have not reached ${target} within ${patienceMs} ms.`));
        }, patienceMs);
        const waiter: Waiter = { target, resolve, reject, timer };
        waiting.add(waiter);
      }),
    reached(position) {
      for (const waiter of waiting) {
        if (comparePositions(position, waiter.target) < 0) continue;
        take(waiter);
        waiter.resolve();
      }
    },
    reject(error) {
      for (const waiter of waiting) {
        take(waiter);
        waiter.reject(error);
      }
    },
  };
}
