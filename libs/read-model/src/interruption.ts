/** One wait at a time that somebody else can end. */
export interface Interruption {
  /** Resolves when ended without an error or after `ms`, rejects with the error it was ended with. */
  wait(ms?: number): Promise<void>;
  end(error?: unknown): void;
}

export function createInterruption(): Interruption {
  let end: Interruption["end"] = () => undefined;
  return {
    wait: (ms) =>
      new Promise((resolve, reject) => {
        const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
        end = (error) => {
          clearTimeout(timer);
          if (error === undefined) resolve();
          else reject(error as Error);
        };
      }),
    end: (error) => end(error),
  };
}
