import type { DomainEvent, EventDefinitions, Recorded } from "./event.ts";

/** What a decision leads to: the facts to append, in one append, and what to answer. */
export interface Decision<E extends DomainEvent, O> {
  readonly events: readonly E[];
  readonly outcome: O;
}

/**
 * A decider is pure and total: no I/O, no clock, no randomness, no throw. Time, ids, hashes arrive in the command.
 * A refusal that matters is an event beside a refused outcome.
 */
export interface Decider<S, C, E extends DomainEvent, O extends Outcome> {
  /** The stream's aggregate word: `grant` for `grant-{id}`. */
  readonly stream: string;
  readonly events: EventDefinitions<E>;
  readonly initial: S;
  decide(command: C, state: S): Decision<E, O>;
  evolve(state: S, event: Recorded<E>): S;
}

/** Every outcome says by its `kind` what happened; `refused` outcomes carry the reason. */
export interface Outcome {
  readonly kind: string;
}

/** The compiler's proof that a union is exhausted. `evolve` must not throw, so it falls through to the given value. */
export function exhausted<T>(_never: never, otherwise: T): T {
  return otherwise;
}
