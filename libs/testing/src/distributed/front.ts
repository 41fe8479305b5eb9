import { createServer, request as forward, Agent, type IncomingMessage, type ServerResponse } from "node:http";

/** Which service answers a path; the first prefix that fits. */
export type Routes = readonly (readonly [prefix: string, origins: () => readonly string[]])[];

export interface Front {
  close(): Promise<void>;
}

/**
 * The reverse proxy of the tests: one origin, instances in turn, the next one when an instance can't be reached at all. The real proxies have tests of
 * their own; this one starts in a millisecond and does nothing unasked.
 */
export async function startFront(port: number, routes: Routes): Promise<Front> {
  const agent = new Agent({ keepAlive: true });
  let turn = 0;
  const server = createServer((incoming, answer) => {
    const origins = routes.find(([prefix]) => incoming.url?.startsWith(prefix) === true)?.[1]() ?? [];
    const first = turn++;
    pass(
      incoming,
      answer,
      agent,
      origins.map((_, n) => origins[(first + n) % origins.length] as string),
    );
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    close: () =>
      new Promise((resolve) => {
        agent.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function pass(incoming: IncomingMessage, answer: ServerResponse, agent: Agent, [origin, ...others]: readonly string[]): void {
  if (origin === undefined) {
    answer.writeHead(502).end();
    return;
  }
  const { hostname, port } = new URL(origin);
  const onward = forward({
    agent,
    hostname,
    port,
    method: incoming.method,
    path: incoming.url,
    headers: { ...incoming.headers, "x-forwarded-for": incoming.socket.remoteAddress ?? "" },
  });
  onward.once("response", (response) => {
    answer.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(answer);
    response.once("error", () => answer.destroy());
  });
  onward.once("error", (error: NodeJS.ErrnoException) => {
    // refused: nothing of the request was read by anybody, so another may have it
    if (error.code === "ECONNREFUSED" && !answer.headersSent) pass(incoming, answer, agent, others);
    else if (answer.headersSent) answer.destroy();
    else answer.writeHead(502).end();
  });
  answer.once("close", () => onward.destroy());
  incoming.pipe(onward);
}
