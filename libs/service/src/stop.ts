/** Ctrl-C reaches us twice, from the terminal and from the launcher: signals this soon after the first are the same wish. */
const SAME_WISH_MS = 1_000;

/** Runs `drain` once, on the first signal or when the launcher that started us has gone; a later signal, or too long a drain, ends the process at once. */
export function onStop(seconds: number, drain: () => Promise<void>): void {
  let since: number | undefined;
  const stop = (): void => {
    if (since !== undefined) {
      if (performance.now() - since > SAME_WISH_MS) process.exit(1);
      return;
    }
    since = performance.now();
    setTimeout(() => process.exit(1), (seconds + 2) * 1000).unref();
    drain().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`grantline: stopping failed: ${error instanceof Error ? error.message : String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  if (process.connected) process.on("disconnect", stop);
}
