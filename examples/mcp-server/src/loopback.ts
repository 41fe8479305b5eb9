import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Loopback {
  readonly redirectUri: string;
  /** The parameters of the next callback. */
  next(): Promise<URLSearchParams>;
  close(): void;
}

/** Where a program on the user's own machine receives the browser (RFC 8252 §7.3): any free port on 127.0.0.1. */
export async function listenOnLoopback(): Promise<Loopback> {
  let receive: (parameters: URLSearchParams) => void = () => {};
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    if (url.pathname !== "/callback") return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": "text/plain", connection: "close" }).end("Done. You may close this page.\n");
    receive(url.searchParams);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    redirectUri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`,
    next: () => new Promise((resolve) => (receive = resolve)),
    close: () => server.close(),
  };
}
