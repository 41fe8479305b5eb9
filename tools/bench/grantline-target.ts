import { createHash, randomBytes } from "node:crypto";
import { Person, TestAdmin } from "@grantline/testing";
import type { Scenario } from "./load.ts";
import { ADMIN_SECRET, type Running } from "./processes.ts";

/** The jobs of the benchmark against our server. */
export interface Target {
  readonly introspectOpaque: Scenario;
  readonly introspectJwt: Scenario;
  readonly clientCredentialsJwt: Scenario;
  readonly clientCredentialsOpaque: Scenario;
  readonly refresh: Scenario;
}

interface Registered {
  readonly client_id: string;
  readonly client_secret: string;
}

/** Registers two resources and clients, and opens a token family for every connection. */
export async function prepare(server: Running, connections: number): Promise<Target> {
  const origin = `http://localhost:${server.port}`;
  const issuer = `${origin}/oauth`;
  const admin = new TestAdmin(origin, issuer, ADMIN_SECRET);
  const jwt = await admin.resource("https://jwt.bench.example/mcp", ["read"], { token_policy: { format: "jwt" } });
  const opaque = await admin.resource("https://opaque.bench.example/mcp", ["read"], { token_policy: { format: "opaque" } });
  const machine = await admin.machine();
  const head = (path: string, client: Registered): string =>
    `${path} HTTP/1.1\r\nhost: localhost:${server.port}\r\nauthorization: Basic ${Buffer.from(`${client.client_id}:${client.client_secret}`).toString("base64")}\r\ncontent-type: application/x-www-form-urlencoded\r\nconnection: keep-alive`;
  const cc = (resource: string): string => `grant_type=client_credentials&scope=read&resource=${encodeURIComponent(resource)}`;
  const token = async (body: string): Promise<string> => {
    const response = await fetch(`${issuer}/token`, {
      method: "POST",
      headers: { authorization: basic(machine), "content-type": "application/x-www-form-urlencoded" },
      body,
    });
    const answer = (await response.json()) as { access_token?: string };
    if (answer.access_token === undefined) throw new Error(JSON.stringify(answer));
    return answer.access_token;
  };
  const jwts = await Promise.all(Array.from({ length: connections * 8 }, () => token(cc("https://jwt.bench.example/mcp"))));
  const opaques = await Promise.all(Array.from({ length: connections * 8 }, () => token(cc("https://opaque.bench.example/mcp"))));
  let turn = 0;
  const next = (tokens: readonly string[]): string => `token=${tokens[turn++ % tokens.length]}`;
  const active = (_: number, status: number, body: string): void => {
    if (status !== 200 || !body.includes('"active":true')) throw new Error(`introspection: ${status} ${body}`);
  };
  const { client, refreshTokens } = await families(origin, issuer, connections);
  return {
    introspectJwt: { name: "introspection, JWT", head: head("/oauth/introspect", jwt), body: () => next(jwts), answered: active },
    introspectOpaque: {
      name: "introspection, opaque",
      head: head("/oauth/introspect", opaque),
      body: () => next(opaques),
      answered: active,
    },
    clientCredentialsJwt: {
      name: "client_credentials, ES256 JWT",
      head: head("/oauth/token", machine),
      body: () => cc("https://jwt.bench.example/mcp"),
    },
    clientCredentialsOpaque: {
      name: "client_credentials, opaque",
      head: head("/oauth/token", machine),
      body: () => cc("https://opaque.bench.example/mcp"),
    },
    refresh: chain("refresh with rotation, opaque", head("/oauth/token", client), refreshTokens),
  };
}

/** Each connection refreshes the token it got last. */
export function chain(name: string, head: string, tokens: string[]): Scenario {
  return {
    name,
    head,
    body: (index) => `grant_type=refresh_token&refresh_token=${encodeURIComponent(tokens[index] as string)}`,
    answered: (index, status, body) => {
      const next = (JSON.parse(body) as { refresh_token?: string }).refresh_token;
      if (status !== 200 || next === undefined) throw new Error(`refresh: ${status} ${body}`);
      tokens[index] = next;
    },
  };
}

function basic(client: Registered): string {
  return `Basic ${Buffer.from(`${client.client_id}:${client.client_secret}`).toString("base64")}`;
}

async function register(issuer: string, metadata: object): Promise<Registered> {
  const response = await fetch(`${issuer}/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(metadata),
  });
  const answer = (await response.json()) as Registered;
  if (response.status !== 201) throw new Error(JSON.stringify(answer));
  return answer;
}

/** One grant for each connection: one login, then remembered consent. */
async function families(
  origin: string,
  issuer: string,
  count: number,
): Promise<{ readonly client: Registered; readonly refreshTokens: string[] }> {
  const redirectUri = "https://client.bench.example/cb";
  const client = await register(issuer, {
    client_name: "bench person",
    redirect_uris: [redirectUri],
    grant_types: ["authorization_code", "refresh_token"],
    token_endpoint_auth_method: "client_secret_basic",
  });
  const person = new Person(origin);
  const refreshTokens: string[] = [];
  for (let index = 0; index < count; index++) {
    const verifier = randomBytes(32).toString("base64url");
    const query = new URLSearchParams({
      response_type: "code",
      client_id: client.client_id,
      redirect_uri: redirectUri,
      scope: "read",
      resource: "https://opaque.bench.example/mcp",
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
      state: "s",
    });
    const callback = await person.authorize(`${issuer}/authorize?${query}`);
    const body = new URLSearchParams({
      grant_type: "authorization_code",
      code: callback.searchParams.get("code") ?? "",
      redirect_uri: redirectUri,
      code_verifier: verifier,
    });
    const response = await fetch(`${issuer}/token`, { method: "POST", headers: { authorization: basic(client) }, body });
    const answer = (await response.json()) as { refresh_token?: string };
    if (answer.refresh_token === undefined) throw new Error(`no refresh token: ${JSON.stringify(answer)} ${callback.href}`);
    refreshTokens.push(answer.refresh_token);
  }
  return { client, refreshTokens };
}
