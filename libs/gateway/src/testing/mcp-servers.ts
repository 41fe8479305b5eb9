import { randomUUID } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer as ModernServer } from "@modelcontextprotocol/server";
import { z } from "zod";

/** Somebody else's MCP server, over real HTTP. */
export interface ForeignServer {
  readonly url: string;
  /** Headers of each request it got, newest last. */
  readonly requests: readonly {
    readonly method: string;
    readonly path: string;
    readonly headers: IncomingHttpHeaders;
    readonly body: string;
    /** Its status, once it has answered or the gateway has left. */
    readonly answered: number | undefined;
  }[];
  /** Bearer tokens it accepts; undefined: it asks for none. */
  accepts: ((token: string) => boolean) | undefined;
  /** Answers instead of it, while set. */
  instead: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  /** Connections open now. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

/** Built with the official packages: sessions and all of 2025-03-26 to 2025-11-25. */
export async function sessionServer(): Promise<ForeignServer> {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  return listen(async (request, response, body) => {
    const id = request.headers["mcp-session-id"];
    const known = typeof id === "string" ? sessions.get(id) : undefined;
    if (known !== undefined) return known.handleRequest(request, response, body);
    if (typeof id === "string") return void response.writeHead(404).end();
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (begun) => void sessions.set(begun, transport),
    });
    const server = new McpServer({ name: "foreign", version: "1.0.0" });
    server.registerTool("echo", { description: "Says it back", inputSchema: { text: z.string() } }, ({ text: said }) => ({
      content: [{ type: "text", text: said }],
    }));
    server.registerTool("delete_all", { description: "Deletes everything", inputSchema: {} }, () => ({
      content: [{ type: "text", text: "deleted" }],
    }));
    server.registerTool("write", { description: "Writes", inputSchema: {} }, () => ({ content: [{ type: "text", text: "written" }] }));
    server.registerTool("count", { description: "Counts with progress", inputSchema: {} }, async (_args, { sendNotification, _meta }) => {
      for (let progress = 1; progress <= 3; progress += 1)
        await sendNotification({ method: "notifications/progress", params: { progress, progressToken: _meta?.progressToken ?? 0 } });
      return { content: [{ type: "text", text: "3" }] };
    });
    await server.connect(transport as Parameters<McpServer["connect"]>[0]);
    return transport.handleRequest(request, response, body);
  });
}

/** Built with the official packages of 2026-07-28: no sessions. */
export function statelessServer(): Promise<ForeignServer> {
  const handler = createMcpHandler(() => {
    const server = new ModernServer({ name: "foreign", version: "2.0.0" });
    server.registerTool("echo", { description: "Says it back", inputSchema: z.object({ text: z.string() }) }, ({ text: said }) => ({
      content: [{ type: "text", text: said }],
    }));
    server.registerTool("delete_all", { description: "Deletes everything", inputSchema: z.object({}) }, () => ({
      content: [{ type: "text", text: "deleted" }],
    }));
    return server;
  });
  const node = toNodeHandler(handler);
  return listen((request, response, body) => Promise.resolve(node(request as Parameters<typeof node>[0], response, body)));
}

type Request = ForeignServer["requests"][number];

async function listen(serve: (request: IncomingMessage, response: ServerResponse, body: unknown) => Promise<void>): Promise<ForeignServer> {
  const requests: { -readonly [K in keyof Request]: Request[K] }[] = [];
  const handle: RequestListener = (request, response) => {
    void (async () => {
      const body = await text(request);
      const seen: (typeof requests)[number] = {
        method: request.method ?? "",
        path: request.url ?? "",
        headers: request.headers,
        body,
        answered: undefined,
      };
      requests.push(seen);
      response.once("close", () => (seen.answered = response.headersSent ? response.statusCode : undefined));
      if (foreign.instead !== undefined) return foreign.instead(request, response);
      const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
      if (foreign.accepts !== undefined && (token === undefined || !foreign.accepts(token)))
        return void response.writeHead(401, { "www-authenticate": 'Bearer realm="foreign"', "content-type": "text/plain" }).end("no");
      await serve(request, response, body === "" ? undefined : JSON.parse(body));
    })();
  };
  const server = createServer({ maxHeaderSize: 65_536 }, handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const foreign: ForeignServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/theirs`,
    requests,
    accepts: undefined,
    instead: undefined,
    connections: () =>
      new Promise((resolve, reject) => server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return foreign;
}
