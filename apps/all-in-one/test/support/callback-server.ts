import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface CallbackServer {
  readonly redirectUri: string;
  /** The query of the last callback, or its form when it was posted. */
  readonly received: () => URLSearchParams;
  /** Sends the browser on to this address after the callback. */
  goOnTo: string | undefined;
  close(): Promise<void>;
}

/** A native application's loopback listener (RFC 8252 §7.3). */
export async function startCallbackServer(): Promise<CallbackServer> {
  let last = new URLSearchParams();
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    if (url.pathname !== "/callback") return void response.writeHead(404).end();
    last = request.method === "POST" ? new URLSearchParams(await text(request)) : url.searchParams;
    if (callback.goOnTo !== undefined) return void response.writeHead(302, { location: callback.goOnTo }).end();
    response
      .writeHead(200, { "content-type": "text/html" })
      .end("<!doctype html><title>Application</title><p id=done>Back in the application.</p>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const callback: CallbackServer = {
    redirectUri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`,
    received: () => last,
    goOnTo: undefined,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
  return callback;
}
