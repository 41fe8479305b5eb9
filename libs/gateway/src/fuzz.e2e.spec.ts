/*
 * Real: the whole server with its gateway over HTTP, its store; MCP servers built with the official packages behind it. Fake: the users' tokens at those servers,
 * the registry of servers. GRANTLINE_FUZZ_RUNS=5000 asks so many times, GRANTLINE_FUZZ_SEED=… asks the same again.
 */
import { Agent } from "node:http";
import { basic, postForm, secretScan } from "@grantline/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exchangeWith, type Asked, type Told } from "./testing/fuzz/exchange.ts";
import { fuzzed, type Credential, type Fuzzed, type SessionChoice } from "./testing/fuzz/requests.ts";
import { wrongWith } from "./testing/fuzz/verdict.ts";
import { sessionServer, statelessServer, type ForeignServer } from "./testing/mcp-servers.ts";
import { initialize, messageOf, post, rpc, startGatewayWorld, type Behind, type GatewayWorld, type Signed } from "./testing/world.ts";

const RUNS = Number(process.env["GRANTLINE_FUZZ_RUNS"] ?? 600);
const SEED = process.env["GRANTLINE_FUZZ_SEED"];
const BODY_LIMIT = 65_536;

let world: GatewayWorld;
let foreign: ForeignServer;
let stateless: ForeignServer;
let servers: Readonly<Record<Exclude<Fuzzed["server"], "unknown">, Behind>>;
let alice: Signed;
let tokens: Readonly<Record<Behind["name"], string>>;
let revoked: string;
let sessions: Readonly<Record<"somebody-else's" | "ended", string>>;
/** Of whoever has the good token, by server. */
let own: Readonly<Record<Behind["name"], string>>;
let ask: (asked: Asked) => Promise<Told>;
const agent = new Agent({ keepAlive: true });
const secrets = new Map<string, string>();

beforeAll(async () => {
  world = await startGatewayWorld({
    env: {
      GRANTLINE_DEV_USERS: "demo:demo,second:second",
      GRANTLINE_GATEWAY_BODY_LIMIT: String(BODY_LIMIT),
      GRANTLINE_LIMIT_FAILURES: "1000000",
      GRANTLINE_LIFETIME_HUMAN_ACCESS_TOKEN: "4h",
    },
  });
  [foreign, stateless] = await Promise.all([sessionServer(), statelessServer()]);
  foreign.accepts = undefined;
  const policy = { tools: { deny: ["delete_all"], scopes: { write: ["write"] } } };
  servers = {
    notes: await world.add("fuzzed-notes", { url: foreign.url, policy }),
    open: await world.add("fuzzed-open", { url: foreign.url, authorization: "none" }),
    modern: await world.add("fuzzed-modern", { url: stateless.url, authorization: "none", policy }),
    unconnected: await world.add("fuzzed-unconnected", { url: foreign.url, policy }),
  };
  alice = await world.person(servers.notes);
  const [open, modern, unconnected, bob, leaver] = [
    await world.person(servers.open),
    await world.person(servers.modern),
    await world.person(servers.unconnected),
    await world.person(servers.notes, "use", { username: "second", password: "second" }),
    await world.person(servers.notes),
  ];
  world.upstreams.connected.set(`${alice.subject} fuzzed-notes`, { generation: 1, scopes: [] });
  world.upstreams.connected.set(`${bob.subject} fuzzed-notes`, { generation: 1, scopes: [] });
  tokens = {
    "fuzzed-notes": alice.access,
    "fuzzed-open": open.access,
    "fuzzed-modern": modern.access,
    "fuzzed-unconnected": unconnected.access,
  };
  const ended = await initialize(servers.notes.url, alice.access);
  await fetch(servers.notes.url, { method: "DELETE", headers: { authorization: `Bearer ${alice.access}`, "mcp-session-id": ended.id } });
  sessions = { "somebody-else's": (await initialize(servers.notes.url, bob.access)).id, ended: ended.id };
  const begun = Object.values(servers).map(async ({ name, url }) => {
    // what a person who has to be sent somewhere first can be told depends on this
    const { id } = await initialize(url, tokens[name] as string, { elicitation: { url: {} } });
    return [name, id] as const;
  });
  own = Object.fromEntries(await Promise.all(begun));
  revoked = leaver.access;
  await postForm(`${world.platform.issuer}/revoke`, { token: revoked, client_id: leaver.clientId });
  for (const each of [...Object.values(tokens), bob.access, revoked]) secrets.set(each, "access token");
  secrets.set(alice.refresh, "refresh token").set("up-fuzzed-notes-1", "upstream token");
  ask = exchangeWith(world.platform.origin, agent);
});
afterAll(async () => {
  agent.destroy();
  await world?.close();
  await foreign?.close();
  await stateless?.close();
});

function authorizationOf(credential: Credential, token: string): string | readonly string[] | undefined {
  const values: Readonly<Record<Credential, string | readonly string[] | undefined>> = {
    good: `Bearer ${token}`,
    absent: undefined,
    revoked: `Bearer ${revoked}`,
    foreign: `Bearer ${token === alice.access ? (tokens["fuzzed-open"] as string) : alice.access}`,
    "made-up": "Bearer gl_at_localxxxxxxxxxxxxxxxx",
    cut: `Bearer ${token.slice(0, -5)}`,
    basic: basic("grantline-cli", "x"),
    empty: "Bearer ",
    "lower-case": `bearer ${token}`,
    "two-spaces": `Bearer  ${token}`,
    twice: [`Bearer ${token}`, `Bearer ${token}`],
  };
  return values[credential];
}

function sessionOf(choice: SessionChoice, name: string): string | undefined {
  if (typeof choice === "object") return choice.text;
  if (choice === "somebody-else's" || choice === "ended") return sessions[choice];
  const id = own[name] ?? "";
  const values = { none: undefined, own: id, cut: id.slice(0, -4), long: `${id}${"A".repeat(9_000)}` };
  return values[choice];
}

function definite(headers: Fuzzed["headers"]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter((header): header is [string, string] => header[1] !== undefined));
}

function askedOf({ server, method, query, credential, session, headers, body, encoding, chunked }: Fuzzed): Asked {
  const name = server === "unknown" ? "fuzzed-unknown" : servers[server].name;
  const authorization = authorizationOf(credential, tokens[name] ?? alice.access);
  const id = sessionOf(session, name);
  return {
    method,
    path: `/mcp/${name}${query}`,
    headers: {
      ...definite(headers),
      ...(authorization === undefined ? {} : { authorization }),
      ...(id === undefined ? {} : { "mcp-session-id": id }),
    },
    body: body === undefined ? undefined : Buffer.from(body, encoding),
    chunked,
  };
}

const requests = () => [...foreign.requests, ...stateless.requests];
const seen = (): number => foreign.requests.length + stateless.requests.length;

/** What the servers behind were sent since: nothing of the client's own credential, and its message byte for byte. */
function wrongOnward(since: readonly [number, number], { body }: Asked): string | undefined {
  for (const request of [...foreign.requests.slice(since[0]), ...stateless.requests.slice(since[1])]) {
    const own = request.headers["mcp-session-id"];
    if (typeof own === "string") secrets.set(own, "the server's own session id");
    const all = JSON.stringify(request.headers);
    for (const token of [...Object.values(tokens), revoked]) if (all.includes(token)) return "a client's token went on";
    if (request.headers.cookie !== undefined || request.headers["x-forwarded-for"] !== undefined) return "a header of the client's went on";
    if (request.method === "POST" && request.body !== body?.toString("utf8")) return "not the message that was sent";
  }
  return undefined;
}

describe("whatever a client sends", () => {
  it(`gets an answer MCP or OAuth has, and nothing leaks (${RUNS} requests)`, { timeout: 60_000 + 1_000 * RUNS }, async () => {
    expect((await post(servers.notes.url, rpc("ping"), { token: revoked })).status).toBe(401);
    const statuses = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(fuzzed, async (each) => {
        const asked = askedOf(each);
        const since = [foreign.requests.length, stateless.requests.length] as const;
        const before = seen();
        const told = await ask(asked);
        statuses.set(told.status, (statuses.get(told.status) ?? 0) + 1);
        expect(wrongOnward(since, asked)).toBeUndefined();
        expect(wrongWith(told, { passedOn: seen() > before, secrets: secrets.keys() })).toBeUndefined();
        if (each.credential !== "good" && each.credential !== "lower-case")
          expect([401, 400, 403, 404, 405, 413, 415, 204]).toContain(told.status);
      }),
      { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
    );
    console.info(
      `answers by status: ${[...statuses]
        .toSorted()
        .map(([status, count]) => `${status}: ${count}`)
        .join(", ")}`,
    );
    // it came through to the servers as well
    expect(requests().filter(({ answered }) => answered === 200).length).toBeGreaterThan(0);
    expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 400, 401, 404]));
  });

  it("leaves a server that works, whose log has neither a failure of its own nor a secret", async () => {
    const { id } = await initialize(servers.notes.url, alice.access);
    const headers = { "mcp-session-id": id };
    const answer = await post(servers.notes.url, rpc("tools/call", { name: "echo", arguments: { text: "well" } }), {
      token: alice.access,
      headers,
    });
    expect((await messageOf(answer)).result).toEqual({ content: [{ type: "text", text: "well" }] });
    expect((await fetch(`${world.platform.origin}/health/ready`)).status).toBe(200);
    const metrics = await (await fetch(`${world.platform.origin}/metrics`)).text();
    const failures = world.platform
      .logs()
      .split("\n")
      .filter((line) => /"level":"(?:error|fatal)"|unexpected failure/.test(line));
    expect(failures.slice(0, 3)).toEqual([]);
    expect(secretScan({ secrets, texts: { logs: world.platform.logs(), metrics }, dataDir: world.platform.dataDir })).toEqual([]);
  });

  it("closes every stream that its client left", async () => {
    await expect
      .poll(
        async () => /^grantline_gateway_open_streams (\d+)/m.exec(await (await fetch(`${world.platform.origin}/metrics`)).text())?.[1],
        { timeout: 30_000 },
      )
      .toBe("0");
  });
});
