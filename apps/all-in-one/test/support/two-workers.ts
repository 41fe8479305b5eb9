import { Agent, request } from "node:http";
import { basic, ServerProcess } from "@grantline/testing";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One worker process, spoken to over connections that stay open, so that the next request goes to it too. */
export class WorkerLine {
  readonly pid: number;
  readonly #port: number;
  readonly #agent: Agent;

  constructor(port: number, pid: number, agent: Agent) {
    this.#port = port;
    this.pid = pid;
    this.#agent = agent;
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.#send("GET", path, headers);
  }

  post(path: string, form: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    const type = { "content-type": "application/x-www-form-urlencoded" };
    return this.#send("POST", path, { ...type, ...headers }, new URLSearchParams(form).toString());
  }

  json(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.#send("POST", path, { "content-type": "application/json", ...headers }, JSON.stringify(body));
  }

  async active(caller: { readonly client_id: string; readonly client_secret: string }, token: string): Promise<boolean> {
    const { body } = await this.post("/oauth/introspect", { token }, { authorization: basic(caller.client_id, caller.client_secret) });
    return body["active"] === true;
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(method: string, path: string, headers: Readonly<Record<string, string>>, body?: string): Promise<Reply> {
    return send({ port: this.#port, agent: this.#agent, method, path, headers, ...(body === undefined ? {} : { body }) });
  }
}

/** A line to each of the worker processes behind a port. The primary hands out connections in turn. */
export async function linesToWorkers(port: number, workers = 2): Promise<readonly WorkerLine[]> {
  const lines = new Map<number, WorkerLine>();
  for (let tries = 0; tries < 50 && lines.size < workers; tries++) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const { body } = await send({ port, agent, method: "GET", path: "/health/live" });
    const pid = body["pid"] as number;
    if (lines.has(pid)) agent.destroy();
    else lines.set(pid, new WorkerLine(port, pid, agent));
  }
  if (lines.size < workers) throw new Error(`only ${lines.size} of ${workers} workers answer`);
  return [...lines.values()];
}

/** The built server as a primary with two workers. */
export async function startTwoWorkers(env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
  const server = await ServerProcess.create({ env: { GRANTLINE_WORKERS: "2", ...env } });
  await server.start();
  return server;
}

interface Sending {
  readonly port: number;
  readonly agent: Agent;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

function send({ port, agent, method, path, headers = {}, body }: Sending): Promise<Reply> {
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "localhost", port, agent, method, path, headers: { ...headers, ...length } }, (incoming) => {
      let text = "";
      incoming.setEncoding("utf8");
      incoming.on("data", (chunk: string) => (text += chunk));
      incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, body: parsed(text) }));
      incoming.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
