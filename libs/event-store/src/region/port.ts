import type { Position, StoredEvent, StreamChange } from "../port.ts";

/**
 * How the processes of a region tell one another at once what they appended. Lives in the read model's technology (Redis); losing it costs
 * nothing but speed, since every process also follows the store itself.
 */
export interface ChangeLog {
  /** Resolves when every `since` begun later, by any process, names these changes. Throws when that can't be said. */
  tell(changes: readonly StreamChange[]): Promise<void>;
  /**
   * What was told since the last call; "many" on the first one, and whenever the log can't prove that it is the one read last time (lost,
   * rolled back, trimmed). Throws when it can't be reached: ask the store.
   */
  since(): Promise<readonly StreamChange[] | "many">;
}

/** A folded state as other processes can use it. */
export interface SharedState {
  /** Names the way of folding (release, events, evolve); another one's state is not used. */
  readonly fold: string;
  readonly state: unknown;
  /** -1: the stream was known not to exist. */
  readonly revision: number;
  readonly hash: string;
  /** It was the stream's newest state when the store stood here; whoever knows of every change since can judge it. */
  readonly asOf: Position;
}

/**
 * Folded states of streams shared by the processes of a region (Redis). Disposable: what is not there is read from the store, and what is there is
 * believed only by who has followed the store since its `asOf` and knows of no newer revision. So it may lose what it likes, or fall back to what it was: that only
 * makes it slower. Guarded by revision: a lower one never replaces a higher one; of equal ones the later `asOf` is kept.
 */
export interface SharedStates {
  /**
   * Throws, or resolves to undefined, when the store must be asked. A `token-{locator}` nobody put is answered with revision -1 where the token's record is there
   * (`putEvents`): nobody could revoke it before its issuance was acknowledged. `fold` means nothing then.
   */
  get(stream: string): Promise<SharedState | undefined>;
  put(stream: string, state: SharedState): Promise<void>;
  /** A revision is known to exist: whatever lower one is kept is dropped. Only spares readers the look. */
  atLeast(changes: readonly StreamChange[]): Promise<void>;
  /** Events of issuance streams, by stream and revision: they never change. */
  getEvent(stream: string, revision: number): Promise<StoredEvent | undefined>;
  /** `position` of each: that of the append it came with. */
  putEvents(events: readonly StoredEvent[], expiresAt: (event: StoredEvent) => number): Promise<void>;
}
