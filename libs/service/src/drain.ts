import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** How often it is looked whether anybody is connected. */
const LOOK_MS = 50;
/** Between two requests that each bring their own connection nobody is connected either. */
const QUIET_LOOKS = 4;

/**
 * Ends without losing a request. First a notice, for whom has not heard yet that this instance wants no more work (readiness says so from the first
 * moment): who still sends is answered, and told with the answer that this connection is over (RFC 9112 §9.6). Then `close`, which stops taking
 * connections and resolves when all are gone. A kept connection closed without notice would meet the next request on its way, and its sender could not
 * know whether it was carried out.
 */
export async function drainConnections(server: Server, noticeMs: number, close: () => Promise<void>): Promise<void> {
  await notice(server, noticeMs);
  await close();
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
