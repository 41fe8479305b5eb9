import {
  basic,
  obtainTokens,
  postForm,
  register,
  startTestPlatform,
  type PersonOptions,
  type TestPlatform,
  type TestPlatformOptions,
} from "@grantline/testing";
import type { GatewayServer } from "@grantline/upstream";
import { FakeServers, FakeUpstreams } from "./fake-upstreams.ts";

/** Real: the whole server with its gateway over HTTP, the store. Fake: tokens of users at third parties, the registry of servers. */
export interface GatewayWorld {
  readonly platform: TestPlatform;
  readonly servers: FakeServers;
  readonly upstreams: FakeUpstreams;
  /** Puts a server behind the gateway, as a resource with the scopes `use` (default) and `write`. */
  add(
    name: string,
    server: Partial<GatewayServer> & ({ readonly url: string } | { readonly stdio: GatewayServer["stdio"] }),
  ): Promise<Behind>;
  /** An access token of a person for the server, and the person's subject. */
  person(behind: Behind, scope?: string, who?: PersonOptions): Promise<Signed>;
  /** A program's, without a person. */
  machine(behind: Behind): Promise<string>;
  events(
    type: string,
  ): Promise<readonly { readonly data: Readonly<Record<string, unknown>>; readonly meta: { readonly correlationId: string } }[]>;
  close(): Promise<void>;
}

export interface Behind {
  readonly name: string;
  /** The endpoint at the gateway, and the resource. */
  readonly url: string;
  readonly client: { readonly client_id: string; readonly client_secret: string };
}

export interface Signed {
  readonly access: string;
  readonly refresh: string;
  readonly clientId: string;
  readonly subject: string;
}

export async function startGatewayWorld(options: TestPlatformOptions = {}): Promise<GatewayWorld> {
  const servers = new FakeServers();
  const upstreams = new FakeUpstreams();
  const platform = await startTestPlatform({ ...options, gateway: { servers, upstreams } });
  const { admin, issuer, origin } = platform;
  return {
    platform,
    servers,
    upstreams,
    async add(name, server) {
      const url = `${origin}/mcp/${name}`;
      const client = await admin.call<Behind["client"]>("POST", "/resources", {
        uri: url,
        name: `Server ${name}`,
        scopes: [
          { name: "use", description: "Use it", default: true },
          { name: "write", description: "Write with it" },
        ],
      });
      servers.all.set(name, { name, provider: "custom", authorization: "oauth", scopes: [], policy: {}, ...server } as GatewayServer);
      return { name, url, client };
    },
    async person({ url, client: own }, scope = "use offline_access", who: PersonOptions = {}) {
      const client = await register(issuer);
      const tokens = await obtainTokens(platform.person(), { issuer, client, resource: url, scope, ...who });
      const seen = await postForm(
        `${issuer}/introspect`,
        { token: tokens.access_token },
        { authorization: basic(own.client_id, own.client_secret) },
      );
      const { sub } = (await seen.json()) as { readonly sub: string };
      return { access: tokens.access_token, refresh: tokens.refresh_token ?? "", clientId: client.client_id, subject: sub };
    },
    async machine({ url }) {
      const machine = await admin.machine();
      const authorization = basic(machine.client_id, machine.client_secret);
      const answer = await postForm(
        `${issuer}/token`,
        { grant_type: "client_credentials", resource: url, scope: "use" },
        { authorization },
      );
      return ((await answer.json()) as { readonly access_token: string }).access_token;
    },
    async events(type) {
      const found = await platform.flushed(() => platform.context.store.readAll("0", 100_000, { types: [type] }));
      return found.map(({ body }) => JSON.parse(body) as Awaited<ReturnType<GatewayWorld["events"]>>[number]);
    },
    close: () => platform.close(),
  };
}

/** What a client of 2025-11-25 sends. */
export function rpc(method: string, params: object = {}, id: number | undefined = 1): string {
  return JSON.stringify({ jsonrpc: "2.0", ...(id === undefined ? {} : { id }), method, params });
}

export interface Posting {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function post(url: string, body: string, { token, headers }: Posting = {}): Promise<Response> {
  return fetch(url, {
    method: "POST",
    redirect: "manual",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body,
  });
}

/** The JSON-RPC message of an answer, alone or as the last event of a stream. */
export async function messageOf(response: Response): Promise<{
  readonly id?: unknown;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: Readonly<Record<string, unknown>> };
}> {
  const body = await response.text();
  const last = body
    .split("\n")
    .filter((line) => line.startsWith("data: {"))
    .at(-1);
  return JSON.parse(last === undefined ? body : last.slice("data: ".length)) as Awaited<ReturnType<typeof messageOf>>;
}

/** Read to its end: the next request may have the same id. */
async function whole(response: Response): Promise<{ readonly status: number; readonly headers: Headers; readonly body: string }> {
  return { status: response.status, headers: response.headers, body: await response.text() };
}

const INITIALIZE = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };

/** Begins a session; its id. */
export async function initialize(
  url: string,
  token: string,
  capabilities: object = {},
): Promise<{ readonly id: string; readonly response: Response }> {
  const { status, headers, ...answered } = await post(url, rpc("initialize", { ...INITIALIZE, capabilities }, 0), { token }).then(whole);
  return { id: headers.get("mcp-session-id") ?? "", response: new Response(answered.body, { status, headers }) };
}
