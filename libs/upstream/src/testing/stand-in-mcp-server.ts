import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface StandInMcpServer {
  readonly url: string;
  /** Answers by path; `undefined` is 404. May be changed. */
  documents: Record<string, unknown>;
  /** `resource_metadata` of its challenge. */
  challenge: string | undefined;
  readonly seen: { readonly method: string; readonly path: string; readonly authorization: string | undefined }[];
  /** Access tokens it takes; undefined: all. */
  accepts: (token: string) => boolean;
  close(): Promise<void>;
}

/** An MCP server, as far as authorization is concerned: a challenge, documents at paths, and a hello for who has a token. */
export async function startStandInMcpServer(): Promise<StandInMcpServer> {
  const state = { documents: {}, challenge: undefined, seen: [], accepts: () => true, url: "" } as unknown as StandInMcpServer & {
    url: string;
  };
  const answer = (
    request: IncomingMessage,
  ): { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown } => {
    const path = new URL(request.url ?? "/", "http://x").pathname;
    const authorization = request.headers.authorization;
    state.seen.push({ method: request.method ?? "", path, authorization });
    if (path !== "/mcp") return path in state.documents ? { status: 200, body: state.documents[path] } : { status: 404, body: {} };
    const token = /^Bearer (.+)$/.exec(authorization ?? "")?.[1];
    if (token !== undefined && state.accepts(token))
      return { status: 200, headers: { "mcp-session-id": "s-1" }, body: { jsonrpc: "2.0", id: 1, result: {} } };
    const where = state.challenge === undefined ? "" : ` resource_metadata="${state.challenge}"`;
    return { status: 401, headers: { "www-authenticate": `Bearer${where}` }, body: {} };
  };
  const server: Server = createServer((request, response) => {
    request.resume();
    const { status, headers = {}, body } = answer(request);
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  return Object.assign(state, {
    close: () =>
      new Promise<void>((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  });
}
