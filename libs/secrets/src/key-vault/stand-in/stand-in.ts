import { randomBytes, randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { answerSecrets } from "./secrets-api.ts";
import { createTokenEndpoint, type Reply, type StandInClient } from "./token-endpoint.ts";
import { createVault, type Vault } from "./vault.ts";

export interface StandInOptions {
  /** PEM; a certificate for 127.0.0.1. */
  readonly tls: { readonly key: string; readonly cert: string };
}

export interface KeyVaultStandIn {
  /** Of the vault and of the token endpoint. */
  readonly url: string;
  readonly client: StandInClient;
  readonly vault: Vault;
  /** Every request and what it got: `GET /secrets/x 200`. */
  readonly requests: string[];
  /** How long deleting and recovering take; at first 0. */
  transitionMs: number;
  /** What the vault does beside answering: the next `times` requests are throttled, or all fail, break or hang until told otherwise. */
  trouble: Trouble;
  /** As if every access token had expired. */
  forgetTokens(): void;
  tokens(): readonly string[];
  close(): Promise<void>;
}

export type Trouble =
  | { readonly kind: "none" | "unavailable" | "cut" | "hang" | "forbidden" }
  | { readonly kind: "throttled"; times: number; readonly retryAfterSeconds: number };

/**
 * A stand-in for Azure Key Vault and its token endpoint, because no emulator can be had from the package registries. It follows the documented REST
 * behaviour: 401 with a challenge before any token, versions, soft delete with purge and recovery, paging, 429 with Retry-After, disabled secrets.
 */
export async function startKeyVaultStandIn({ tls }: StandInOptions): Promise<KeyVaultStandIn> {
  const client = { tenantId: randomUUID(), clientId: randomUUID(), clientSecret: randomBytes(24).toString("base64url") };
  let url = "";
  const vault = createVault(() => standIn.transitionMs);
  const endpoint = createTokenEndpoint(client, () => url);
  const sockets = new Set<Socket>();
  const server = createServer(tls, (request, response) => void handle(request, response));
  server.on("secureConnection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const [method, target] = [request.method ?? "", new URL(request.url ?? "/", url)];
    const reply =
      endpoint.answer(method, target.pathname, body) ?? troubleReply(request) ?? vaultReply(request, { method, url: target, body });
    if (reply === "silent") return;
    standIn.requests.push(`${method} ${target.pathname} ${reply.status}`);
    response.writeHead(reply.status, {
      "content-type": "application/json; charset=utf-8",
      "x-ms-request-id": randomUUID(),
      ...reply.headers,
    });
    response.end(reply.body === undefined ? undefined : JSON.stringify(reply.body));
  }

  function troubleReply(request: IncomingMessage): Reply | "silent" | undefined {
    const { trouble } = standIn;
    if (trouble.kind === "cut") request.socket.destroy();
    if (trouble.kind === "cut" || trouble.kind === "hang") return "silent";
    if (trouble.kind === "unavailable") return failure(503, "ServiceUnavailable");
    if (trouble.kind === "forbidden") return failure(403, "Forbidden");
    if (trouble.kind === "throttled" && trouble.times > 0) {
      trouble.times -= 1;
      return { ...failure(429, "Throttled"), headers: { "retry-after": String(trouble.retryAfterSeconds) } };
    }
    return undefined;
  }

  function vaultReply(request: IncomingMessage, asked: { readonly method: string; readonly url: URL; readonly body: string }): Reply {
    if (endpoint.accepts(request.headers.authorization)) return answerSecrets(vault, url, asked);
    const challenge = `Bearer authorization="${url}/${client.tenantId}", resource="https://vault.azure.net"`;
    return { ...failure(401, "Unauthorized"), headers: { "www-authenticate": challenge } };
  }

  const standIn: KeyVaultStandIn = {
    get url() {
      return url;
    },
    client,
    vault,
    requests: [],
    transitionMs: 0,
    trouble: { kind: "none" },
    forgetTokens: endpoint.forget,
    tokens: endpoint.issued,
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
