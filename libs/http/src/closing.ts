import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/** How often connections are looked at that were busy when closing began. */
const LOOK_MS = 50;

/**
 * Closing resolves when no connection is left. Node closes those that are idle when it begins, and from then on looks at none: one that becomes idle
 * would be kept for as long as between requests, one whose client says no more (half a request, a stream it does not read) for good. So connections are
 * closed as they become idle, and what is left after `ms` is cut off.
 */
export function closeInTime(fastify: FastifyInstance, ms: number): void {
  knowIdle(fastify.server);
  fastify.addHook("preClose", (done) => {
    endConnections(fastify.server, performance.now() + ms);
    done();
  });
}

/**
 * Which connections are idle, better than Node knows. It takes one for idle once its answer is written, though most of it may still be on its way to a slow
 * reader, and would cut it short; and one on which nothing was ever said for busy (clients open them in advance).
 */
function knowIdle(server: Server): void {
  const connected = new Set<Socket>();
  server.on("connection", (socket) => {
    connected.add(socket);
    socket.once("close", () => connected.delete(socket));
  });
  const closeIdle = server.closeIdleConnections.bind(server);
  // Node's own close asks it too
  server.closeIdleConnections = () => {
    for (const socket of connected) if (socket.bytesRead === 0) socket.destroy();
    if (![...connected].some(({ writableLength }) => writableLength > 0)) closeIdle();
  };
}

function endConnections(server: Server, until: number): void {
  const looking = setInterval(() => {
    if (performance.now() < until) server.closeIdleConnections();
    else server.closeAllConnections();
  }, LOOK_MS);
  // a server that never listened has no "close" to wait for
  looking.unref();
  server.once("close", () => clearInterval(looking));
}
