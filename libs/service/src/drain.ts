import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** How often connections are looked at that were busy when the stop began and have become idle since. */
const LOOK_MS = 50;
/** Between two requests that each bring their own connection nobody is connected either. */
const QUIET_LOOKS = 4;

export interface DrainOptions {
  /** For all of it, at most; what is left then is cut off. */
  readonly seconds: number;
  /** For whom has not heard yet that this instance wants no more work (readiness says so from the first moment). */
  readonly noticeSeconds: number;
}

/**
 * Ends without losing a request. First a notice: who still sends is answered, and told with the answer that this connection is over (RFC 9112 §9.6).
 * Then `close`, which stops taking connections and resolves when all are gone; left alone it would wait for each kept-alive connection of a request that
 * has long been answered. A kept connection closed without notice would meet the next request on its way, and its sender could not know whether it was
 * carried out.
 */
export async function drainConnections(server: Server, options: DrainOptions, close: () => Promise<void>): Promise<void> {
  const cutting = setTimeout(() => server.closeAllConnections(), options.seconds * 1_000);
  await notice(server, Math.min(options.noticeSeconds, options.seconds) * 1_000);
  const looking = setInterval(() => server.closeIdleConnections(), LOOK_MS);
  try {
    await close();
  } finally {
    clearInterval(looking);
    clearTimeout(cutting);
  }
}

/** For so long at most; over when nobody is connected and nobody comes. */
async function notice(server: Server, ms: number): Promise<void> {
  let quiet = 0;
  server.prependListener("request", (_: IncomingMessage, response: ServerResponse) => {
    quiet = 0;
    response.shouldKeepAlive = false;
  });
  for (const until = performance.now() + ms; performance.now() < until && quiet < QUIET_LOOKS; await sleep(LOOK_MS)) {
    const connected = await new Promise<number>((resolve) => server.getConnections((error, count) => resolve(error === null ? count : 1)));
    quiet = connected === 0 ? quiet + 1 : 0;
  }
}
