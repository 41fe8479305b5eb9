import type { Decider, Decision, DomainEvent, Outcome, Recorded } from "../kernel/index.ts";
import { deepFreeze } from "./deep-freeze.ts";

interface Timed {
  readonly now: number;
}

/** Folds recorded events from the decider's initial state. Everything given is frozen, so a decider that writes to its input fails. */
export function fold<S, C, E extends DomainEvent, O extends Outcome>(
  decider: Decider<S, C, E, O>,
  events: readonly Recorded<E>[],
  from: S = decider.initial,
): S {
  return events.reduce((state, event) => deepFreeze(decider.evolve(state, deepFreeze(event))), deepFreeze(from));
}

/** Dates events: `at(1_000, first, second)`. */
export function at<E extends DomainEvent>(time: number, ...events: readonly E[]): readonly Recorded<E>[] {
  return events.map((event) => ({ ...event, at: time }));
}

/** `given(decider, history).when(command)`: what a decider makes of a command after a history, and where that leads. */
export function given<S, C extends Timed, E extends DomainEvent, O extends Outcome>(
  decider: Decider<S, C, E, O>,
  history: readonly Recorded<E>[] = [],
) {
  const before = fold(decider, history);
  return {
    state: before,
    when: (command: C) => {
      const decision = decider.decide(deepFreeze(command), before);
      const recorded = at(command.now, ...decision.events);
      return { decision, state: fold(decider, recorded, before), history: [...history, ...recorded] };
    },
  };
}

/** The decision to expect: this outcome and exactly these events, in this order. */
export function decided<E extends DomainEvent, O extends Outcome>(outcome: O, ...events: readonly E[]): Decision<E, O> {
  return { outcome, events };
}
