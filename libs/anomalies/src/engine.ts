import { comparePositions, START, type Position } from "@grantline/event-store";
import type { Detector, Found } from "./detector.ts";
import { authenticationFailures, burst, registrationFlood } from "./detectors/bursts.ts";
import { movement } from "./detectors/movement.ts";
import { newPlace } from "./detectors/new-place.ts";
import { scopeProbing } from "./detectors/scope-probing.ts";
import { codeReplay, refreshReuse } from "./detectors/theft.ts";
import { createMemory, type Memory } from "./memory.ts";
import type { Observation } from "./observation.ts";

const DETECTORS = [
  refreshReuse,
  codeReplay,
  newPlace,
  movement,
  burst,
  registrationFlood,
  authenticationFailures,
  scopeProbing,
] as unknown as readonly Detector[];

/** All memories at one place of the log, as plain data. */
export interface SavedState {
  readonly position: Position;
  readonly memories: Readonly<Record<string, readonly (readonly [string, object])[]>>;
}

/** Every detector with its memory. What comes again, or late, changes nothing. */
export interface Engine {
  observe(seen: Observation): readonly Found[];
  /** Erased: whatever is remembered of the subject goes (P9). */
  forget(subject: string): void;
  save(): SavedState;
  load(saved: SavedState): void;
}

export function createEngine(): Engine {
  const running = DETECTORS.map((detector) => ({ detector, memory: createMemory<object>(detector.most) as Memory<object> }));
  let position: Position = START;
  return {
    observe(seen) {
      if (comparePositions(seen.position, position) <= 0) return [];
      position = seen.position;
      return running.flatMap(({ detector, memory }) => detector.observe(memory, seen));
    },
    forget(subject) {
      for (const { detector, memory } of running)
        if (detector.isOf !== undefined) memory.deleteWhere((key, remembered) => detector.isOf?.(subject, key, remembered) === true);
    },
    save: () => ({ position, memories: Object.fromEntries(running.map(({ detector, memory }) => [detector.kind, memory.save()])) }),
    load(saved) {
      position = saved.position;
      for (const { detector, memory } of running) memory.load(saved.memories[detector.kind] ?? []);
    },
  };
}
