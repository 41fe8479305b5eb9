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
export async function startFront(port: number, routes: Routes, checked = false): Promise<Front> {
  const agent = new Agent({ keepAlive: true });
  const health = checked ? watchHealth(() => new Set(routes.flatMap(([, origins]) => origins()))) : undefined;
  let turn = 0;
  const server = createServer((incoming, answer) => {
    const all = routes.find(([prefix]) => incoming.url?.startsWith(prefix) === true)?.[1]() ?? [];
    const origins = health?.sound(all) ?? all;
    const first = turn++;
    const inTurn = origins.map((_, n) => origins[(first + n) % origins.length] as string);
    // read first, so that the next instance can be given all of it
    const body: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => body.push(chunk));
    incoming.once("end", () => pass({ incoming, body: Buffer.concat(body) }, answer, agent, inTurn));
  });
  // a client that was held up must not find its connection closed
  server.keepAliveTimeout = 75_000;
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    close: () =>
      new Promise((resolve) => {
        health?.end();
        agent.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Received {
  readonly incoming: IncomingMessage;
  readonly body: Buffer;
}

function pass(received: Received, answer: ServerResponse, agent: Agent, [origin, ...others]: readonly string[]): void {
  const { incoming, body } = received;
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
    // RFC 9110 §7.6.1: what is between the instance and us is nothing to the client
    const { connection: _connection, "keep-alive": _keepAlive, "transfer-encoding": _encoding, ...headers } = response.headers;
    answer.writeHead(response.statusCode ?? 502, headers);
    // a stream that says nothing yet has begun all the same
    answer.flushHeaders();
    response.pipe(answer);
    response.once("error", () => answer.destroy());
  });
  onward.once("error", (error: NodeJS.ErrnoException) => {
    // refused: nothing of the request was read by anybody, so another may have it
    if (error.code === "ECONNREFUSED" && !answer.headersSent) pass(received, answer, agent, others);
    else if (answer.headersSent) answer.destroy();
    else answer.writeHead(502).end();
  });
  answer.once("close", () => onward.destroy());
  onward.end(body);
}

interface Health {
  /** Those that are ready; all of them when none is, as then their own refusal is better than none. */
  sound(origins: readonly string[]): readonly string[];
  end(): void;
}

const CHECK_EVERY_MS = 1_000;
/** A readiness check waits two seconds for the store itself; longer ones mean that the process does not run. */
const CHECK_PATIENCE_MS = 2_500;
const FAILURES = 2;

/** What a load balancer does: an instance that is not ready twice in a row gets nothing until it is. */
function watchHealth(origins: () => ReadonlySet<string>): Health {
  const failures = new Map<string, number>();
  const asking = new Set<string>();
  const check = async (origin: string): Promise<void> => {
    if (asking.has(origin)) return;
    asking.add(origin);
    const answer = await fetch(`${origin}/health/ready`, { signal: AbortSignal.timeout(CHECK_PATIENCE_MS) }).catch(() => undefined);
    await answer?.body?.cancel();
    asking.delete(origin);
    // no answer at all took long enough to be sure
    if (answer === undefined) failures.set(origin, FAILURES);
    else failures.set(origin, answer.ok ? 0 : (failures.get(origin) ?? 0) + 1);
  };
  const timer = setInterval(() => {
    for (const origin of origins()) void check(origin);
  }, CHECK_EVERY_MS);
  return {
    sound(all) {
      const ready = all.filter((origin) => (failures.get(origin) ?? 0) < FAILURES);
      return ready.length === 0 ? all : ready;
    },
    end: () => clearInterval(timer),
  };
}
