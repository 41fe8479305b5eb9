/**
 * Joins callers: each gets the result of a run that began after it called, and never more than one run is on its way. A thousand requests at once
 * cost two runs.
 */
export function createBarrier(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const begin = (): Promise<void> => {
    const own = run().finally(() => {
      if (running === own) running = undefined;
    });
    running = own;
    return own;
  };
  return () => {
    if (running === undefined) return begin();
    next ??= running.then(noop, noop).then(() => {
      next = undefined;
      return begin();
    });
    return next;
  };
}

function noop(): void {
  // whoever waited for that run has heard of its failure
}
