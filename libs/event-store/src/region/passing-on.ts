import type { StreamChange } from "../port.ts";

export interface PassingOnOptions {
  /** Reads the change log and hands what it says to `heard`; rejects when it can't be read. */
  readonly hear: () => Promise<void>;
  readonly tell: (changes: readonly StreamChange[]) => Promise<void>;
  readonly onTrouble: (what: string, error: unknown) => void;
}

/** Tells the change log what only the store knows: a writer cut off from the log could not, and a reader cut off from the store hears of it nowhere else. */
export interface PassingOn {
  /** The store says so. */
  saw(changes: readonly StreamChange[]): void;
  /** The change log says so. */
  heard(changes: readonly StreamChange[]): void;
  close(): void;
}

/**
 * A writer tells within milliseconds what it appended; what it has not told by then it can't. Together with the time the store's news take this stays
 * well under the second after which a writer that could not tell acknowledges all the same. Where the store only says that much has changed there is nothing
 * to pass on.
 */
const PASS_AFTER_MS = 200;
/** What was heard is remembered for one or two of these: the store's news of the same change come within the follower's quarter of a second. */
const REMEMBER_MS = 5_000;

export function createPassingOn({ hear, tell, onTrouble }: PassingOnOptions): PassingOn {
  let waiting: StreamChange[] = [];
  let timer: NodeJS.Timeout | undefined;
  let older = new Map<string, number>();
  let newer = new Map<string, number>();
  let begunAt = performance.now();
  const told = ({ stream, revision }: StreamChange): boolean => Math.max(newer.get(stream) ?? -1, older.get(stream) ?? -1) >= revision;

  const check = async (): Promise<void> => {
    timer = undefined;
    const due = waiting;
    waiting = [];
    try {
      await hear();
      const untold = due.filter((change) => !told(change));
      if (untold.length > 0) await tell(untold);
    } catch (error) {
      onTrouble("what others could not tell could not be passed on either", error);
    }
  };

  return {
    saw(changes) {
      if (changes.length === 0) return;
      waiting.push(...changes);
      timer ??= setTimeout(() => void check(), PASS_AFTER_MS).unref();
    },
    heard(changes) {
      if (performance.now() - begunAt > REMEMBER_MS) {
        older = newer;
        newer = new Map();
        begunAt = performance.now();
      }
      for (const { stream, revision } of changes) if ((newer.get(stream) ?? -1) < revision) newer.set(stream, revision);
    },
    close: () => clearTimeout(timer),
  };
}
