import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Seals } from "@grantline/keys";
import type { Clock } from "@grantline/oauth/context";
import type { Servers } from "@grantline/upstream";
import type { Processes } from "./processes.ts";
import { readTicket } from "./ticket.ts";

export interface BridgeServer {
  /** host:port */
  readonly address: string;
  close(): Promise<void>;
}

export interface BridgeServerParts {
  readonly servers: Pick<Servers, "find">;
  readonly seals: Seals;
  readonly clock: Clock;
  readonly processes: Processes;
  readonly host: string;
}

/** Speaks Streamable HTTP to gateways, and to nobody without a ticket of theirs. */
export async function startBridgeServer(parts: BridgeServerParts): Promise<BridgeServer> {
  const server = createServer((request, response) => {
    serve(parts, request, response).catch(() => {
      // a program that can't be started; the gateway says so in its own words
      if (!response.headersSent) response.writeHead(502).end();
      else response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, parts.host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `${parts.host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  { servers, seals, clock, processes }: BridgeServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const ticket = readTicket(seals, request.headers["x-grantline-ticket"], clock.now());
  if (ticket === undefined || request.url !== `/${ticket.server}`) return void response.writeHead(403).end();
  const owner = `${ticket.server} ${ticket.user}`;
  // the gateway has checked length and form
  const body: unknown = request.method === "POST" ? JSON.parse(await text(request)) : undefined;
  const id = request.headers["mcp-session-id"];
  if (typeof id === "string") {
    const session = processes.find(id);
    if (session?.owner !== owner) return void response.writeHead(404).end();
    return session.http.handleRequest(request, response, body);
  }
  // anything but a beginning needs a session: 400, by which clients of 2026-07-28 know to begin in the older way
  if ((body as { readonly method?: unknown } | undefined)?.method !== "initialize") return void response.writeHead(400).end();
  const server = await servers.find(ticket.server);
  const begun = server === undefined ? undefined : await processes.begin(server, owner);
  if (begun === undefined) return void response.writeHead(503, { "retry-after": "10" }).end();
  return begun.http.handleRequest(request, response, body);
}
