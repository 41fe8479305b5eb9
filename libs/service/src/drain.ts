import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** How often connections are looked at that were busy when the stop began and have become idle since. */
const LOOK_MS = 50;
/** How long a proxy that has not heard yet may go on sending over the connections it keeps. */
const FAREWELL_MS = 500;

/**
 * Lets running requests finish, for so many seconds at most, then cuts off what is left. `close` stops taking connections and resolves when all are
 * gone; left alone it would wait for each kept-alive connection of a request that has long been answered.
 *
 * First a farewell: whoever still sends is answered, and told with the answer that this connection is over (RFC 9112 §9.6). Closing a kept connection
 * unannounced would meet the next request on its way, which nobody could know was not carried out.
 */
export async function drainConnections(server: Server, seconds: number, close: () => Promise<void>): Promise<void> {
  server.prependListener("request", lastOfItsConnection);
  const cutting = setTimeout(() => server.closeAllConnections(), seconds * 1_000);
  await farewell(server, Math.min(FAREWELL_MS, seconds * 1_000));
  const looking = setInterval(() => server.closeIdleConnections(), LOOK_MS);
  try {
    await close();
  } finally {
    clearInterval(looking);
    clearTimeout(cutting);
  }
}

function lastOfItsConnection(_: IncomingMessage, response: ServerResponse): void {
  response.shouldKeepAlive = false;
}

/** Over at once when nobody is connected. */
async function farewell(server: Server, ms: number): Promise<void> {
  for (const until = performance.now() + ms; performance.now() < until; await sleep(LOOK_MS)) {
    const connected = await new Promise<number>((resolve) => server.getConnections((error, count) => resolve(error === null ? count : 1)));
    if (connected === 0) return;
  }
}
