import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface DocumentHost {
  readonly origin: string;
  /** Requests that reached it, by path. */
  readonly hits: string[];
  /** What it answers, by path; anything else is 404. */
  readonly routes: Map<string, (request: IncomingMessage, response: ServerResponse) => void>;
  /** Serves a metadata document whose client_id is its own URL, and answers that URL. */
  document(path: string, members?: object): string;
  close(): Promise<void>;
}

/** A host of client metadata documents on loopback, which development may fetch from, and which may behave badly. */
export async function startDocumentHost(): Promise<DocumentHost> {
  const hits: string[] = [];
  const routes: DocumentHost["routes"] = new Map();
  const server = createServer((request, response) => {
    hits.push(request.url ?? "");
    const route = routes.get(request.url ?? "");
    if (route === undefined) response.writeHead(404).end();
    else route(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    hits,
    routes,
    document: (path, members = {}) => {
      const url = `${origin}${path}`;
      const body = JSON.stringify({
        client_id: url,
        client_name: "Document client",
        redirect_uris: ["https://client.example/callback"],
        token_endpoint_auth_method: "none",
        ...members,
      });
      routes.set(path, (_request, response) => response.writeHead(200, { "content-type": "application/json" }).end(body));
      return url;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
