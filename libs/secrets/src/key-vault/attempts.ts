import { failure, type Trouble, troubleOf } from "./trouble.ts";

export interface Attempts {
  /** All tries and the waits between them, milliseconds. */
  readonly budgetMs: number;
  /** Set or delete. */
  readonly writing?: boolean;
  /** 0 to 1, for jitter. */
  readonly random?: () => number;
}

const FIRST_WAIT_MS = 100;

/**
 * Tries until it works or the budget is spent, and leaves the vault alone for as long as it asked to be. `otherwise` may turn trouble into an answer.
 * @throws SecretStoreUnavailable, SecretUnreadable
 */
export async function attempt<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { budgetMs, writing = false, random = Math.random }: Attempts,
  otherwise: (trouble: Trouble, signal: AbortSignal) => Promise<T | undefined> = async () => undefined,
): Promise<T> {
  const endMs = performance.now() + budgetMs;
  const signal = AbortSignal.timeout(budgetMs);
  let said: Trouble | undefined;
  for (let tries = 0; ; tries++) {
    const trouble = await caught(work, signal);
    if (!("kind" in trouble)) return trouble.result;
    const answer = await caught(() => otherwise(trouble, signal), signal);
    if (!("kind" in answer) && answer.result !== undefined) return answer.result;
    const still = "kind" in answer ? answer : trouble;
    // The end fell into a try: what the vault said before tells more than that it had no time to say it again.
    if (signal.aborted && still.kind === "unavailable") throw failure(said ?? still, writing);
    said = still;
    const waitMs = waitOf(still, tries, random());
    if (waitMs === undefined || performance.now() + waitMs >= endMs) throw failure(still, writing);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

async function caught<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<Trouble | { readonly result: T }> {
  try {
    return { result: await work(signal) };
  } catch (error) {
    return troubleOf(error);
  }
}

/** Undefined: trying again would change nothing. */
function waitOf(trouble: Trouble, tries: number, random: number): number | undefined {
  if (trouble.kind === "disabled" || trouble.kind === "forbidden") return undefined;
  if (trouble.kind === "unavailable" && /answered 4(?!29)\d\d/.test(trouble.message)) return undefined;
  const ownMs = FIRST_WAIT_MS * 2 ** tries * (0.5 + random);
  return Math.max(ownMs, trouble.kind === "unavailable" ? (trouble.retryAfterMs ?? 0) : 0);
}
