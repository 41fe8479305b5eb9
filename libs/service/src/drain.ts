import type { Server } from "node:http";

/** How often connections are looked at that were busy when the stop began and have become idle since. */
const LOOK_MS = 50;

/**
 * Lets running requests finish, for so many seconds at most, then cuts off what is left. `close` stops taking connections and resolves when all are
 * gone; left alone it would wait for each kept-alive connection of a request that has long been answered.
 */
export async function drainConnections(server: Server, seconds: number, close: () => Promise<void>): Promise<void> {
  const looking = setInterval(() => server.closeIdleConnections(), LOOK_MS);
  const cutting = setTimeout(() => server.closeAllConnections(), seconds * 1_000);
  try {
    await close();
  } finally {
    clearInterval(looking);
    clearTimeout(cutting);
  }
}
