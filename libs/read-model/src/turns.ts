/** Runs work one after the other, in the order it was given. */
export type Exclusively = <T>(work: () => Promise<T>) => Promise<T>;

export function createExclusively(): Exclusively {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const run = last.then(work);
    // The next one waits for this to end, however it ends; its own caller sees the error.
    last = run.then(
      () => undefined,
      () => undefined,
    );
    return run;
  };
}
