import { generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Person } from "@grantline/testing";

/** The little of the library (which ships no types) that is touched here. */
interface OidcProvider {
  readonly Grant: new (properties: object) => {
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
    save(): Promise<string>;
  };
  interactionDetails(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<{ readonly prompt: { readonly name: string }; readonly params: Readonly<Record<string, string>> }>;
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
  callback(): RequestListener;
}
type Construct = new (issuer: string, configuration: object) => OidcProvider;

export interface RealProvider {
  readonly issuer: string;
  /** Paths asked for, with their method. */
  readonly asked: string[];
  /** The browser at the provider: follows its redirects until it is sent back. */
  allow(url: URL): Promise<URL>;
  close(): Promise<void>;
}

/**
 * node-oidc-provider itself, over HTTP: dynamic registration, resource indicators, PKCE, rotation with reuse detection, `iss` in answers. Instead of its pages, the
 * person says yes at once.
 */
export async function startRealProvider(clients: readonly object[] = []): Promise<RealProvider> {
  const { Provider } = (await import("oidc-provider" as string)) as { readonly Provider: Construct };
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  let handler: RequestListener = (_request, response) => void response.writeHead(503).end();
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(`${request.method} ${new URL(request.url ?? "/", "http://x").pathname}`);
    handler(request, response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, configuration(privateKey.export({ format: "jwk" }), clients));
  const own = provider.callback();
  handler = (request, response) => {
    if (request.url?.startsWith("/interaction/") === true) void sayYes(provider, request, response);
    else void own(request, response);
  };
  return {
    issuer,
    asked,
    async allow(url) {
      const step = await new Person(issuer).open(url);
      if (step.kind !== "callback") throw new Error(`the provider kept the browser: ${step.status} ${step.html.slice(0, 500)}`);
      return step.url;
    },
    close: () =>
      new Promise<void>((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}

async function sayYes(provider: OidcProvider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { prompt, params } = await provider.interactionDetails(request, response);
  if (prompt.name === "login") return provider.interactionFinished(request, response, { login: { accountId: "alice" } });
  const grant = new provider.Grant({ accountId: "alice", clientId: params["client_id"] });
  grant.addOIDCScope(`openid offline_access ${params["scope"] ?? ""}`);
  if (params["resource"] !== undefined) grant.addResourceScope(params["resource"], params["scope"] ?? "");
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}

function configuration(jwk: object, clients: readonly object[]): object {
  return {
    jwks: { keys: [{ ...jwk, alg: "ES256", use: "sig", kid: "real" }] },
    clients,
    clientDefaults: { id_token_signed_response_alg: "ES256", grant_types: ["authorization_code", "refresh_token"] },
    scopes: ["openid", "offline_access", "notes:read"],
    rotateRefreshToken: true,
    issueRefreshToken: () => true,
    pkce: { required: () => true },
    ttl: { AccessToken: 3_600, RefreshToken: 86_400, Grant: 86_400, Session: 3_600, Interaction: 600, IdToken: 600, AuthorizationCode: 60 },
    cookies: { keys: ["test"] },
    interactions: { url: (_context: unknown, { uid }: { readonly uid: string }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({ scope: "notes:read", accessTokenTTL: 3_600, accessTokenFormat: "opaque" }),
      },
    },
    findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
  };
}
