import { randomBytes, randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { createDirectory, type Directory } from "./directory.ts";
import { answerGraph } from "./graph-api.ts";
import { createLogin, type StandInTenant } from "./login.ts";
import type { Reply } from "./reply.ts";

export type GraphTrouble =
  | { readonly kind: "none" | "unavailable" | "hang" | "cut-after" | "forbidden" }
  | { readonly kind: "throttled"; times: number; readonly retryAfterSeconds: number };

export interface EntraStandIn {
  /** Of Graph and of the login service. */
  readonly url: string;
  readonly tenant: StandInTenant;
  readonly directory: Directory;
  /** Every request to Graph and what it got: `POST /v1.0/applications/…/addPassword 200`. */
  readonly requests: string[];
  /** So many looks for an application say 404 after its creation. Not a time, which a busy machine might have let pass before anybody looks. */
  lag: number;
  /** What Graph does beside answering. `cut-after`: does the work and cuts the connection before the answer, once. */
  trouble: GraphTrouble;
  issues: { version: 1 | 2; audience: string };
  /** Called when a request to Graph has come, and when its work is done but not answered. */
  onRequest: (moment: "before" | "after", what: string) => void;
  close(): Promise<void>;
}

export interface EntraStandInOptions {
  /** PEM; a certificate for 127.0.0.1. @azure/identity takes no authority without TLS. */
  readonly tls: { readonly key: string; readonly cert: string };
}

/**
 * A stand-in for Microsoft Graph (applications, service principals, passwords, deleted items) and for login.microsoftonline.com, because neither can be had
 * from the package registries. It behaves as their documentation says: upsert by unique name, validation errors, replicas that lag behind, soft delete, 429
 * with Retry-After, secrets shown once, AADSTS errors, no `resource`, tokens of version 1 or 2. It is not Microsoft's: what it allows proves nothing alone.
 */
export async function startEntraStandIn({ tls }: EntraStandInOptions): Promise<EntraStandIn> {
  const resourceAppId = randomUUID();
  const tenant: StandInTenant = {
    tenantId: randomUUID(),
    bridge: { clientId: randomUUID(), clientSecret: randomBytes(24).toString("base64url") },
    resource: { uri: "api://grantline-mcp", appId: resourceAppId, scopes: { "mcp.read": randomUUID(), "mcp.write": randomUUID() } },
  };
  let url = "";
  const directory = createDirectory(() => standIn.lag);
  const login = createLogin({ tenant, origin: () => url, directory, issues: () => standIn.issues });
  const sockets = new Set<Socket>();
  const server = createServer(tls, (request, response) => void handle(request, response));
  server.on("secureConnection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = {
      method: request.method ?? "",
      url: new URL(request.url ?? "/", url),
      body: await bodyOf(request),
      headers: request.headers,
    };
    const reply = login.answer(asked) ?? graphReply(request, asked);
    if (reply === undefined) return;
    response.writeHead(reply.status, { "content-type": "application/json", "request-id": randomUUID(), ...reply.headers });
    response.end(reply.body === undefined ? undefined : JSON.stringify(reply.body));
  }

  function graphReply(request: IncomingMessage, asked: Parameters<typeof answerGraph>[1]): Reply | undefined {
    const what = `${asked.method} ${asked.url.pathname}`;
    standIn.onRequest("before", what);
    const troubled = troubleReply();
    if (troubled === "silent") return undefined;
    const reply =
      troubled ??
      (login.accepts(request.headers.authorization) ? answerGraph(directory, asked) : failure(401, "InvalidAuthenticationToken"));
    standIn.requests.push(`${what} ${reply.status}`);
    standIn.onRequest("after", what);
    if (standIn.trouble.kind === "cut-after" && asked.method !== "GET") {
      standIn.trouble = { kind: "none" };
      request.socket.destroy();
      return undefined;
    }
    return reply;
  }

  function troubleReply(): Reply | "silent" | undefined {
    const { trouble } = standIn;
    if (trouble.kind === "hang") return "silent";
    if (trouble.kind === "unavailable") return failure(503, "serviceNotAvailable");
    if (trouble.kind === "forbidden") return failure(403, "Authorization_RequestDenied");
    if (trouble.kind !== "throttled" || trouble.times <= 0) return undefined;
    trouble.times -= 1;
    return { ...failure(429, "TooManyRequests"), headers: { "retry-after": String(trouble.retryAfterSeconds) } };
  }

  const standIn: EntraStandIn = {
    get url() {
      return url;
    },
    tenant,
    directory,
    requests: [],
    lag: 0,
    trouble: { kind: "none" },
    issues: { version: 2, audience: resourceAppId },
    onRequest: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return standIn;
}

function failure(status: number, code: string): Reply {
  return { status, body: { error: { code, message: `the stand-in says ${code}` } } };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
