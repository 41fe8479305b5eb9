/* `npm run platform`. Real: the command, PostgreSQL, Redis, Kafka, nginx and every service it starts, a person who logs in. Made: nothing. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
  ADMIN_SECRET,
  basic,
  freePort,
  introspect,
  obtainTokens,
  Person,
  postForm,
  refresh,
  register,
  TestAdmin,
  type Registered,
  type Tokens,
} from "@grantline/testing";
import { kafkaLib, nginxBinary, noOwnPostgres, noRedis } from "@grantline/testing/ground";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const COMMAND = join(import.meta.dirname, "platform.mjs");
const RESOURCE = "https://platform.example/mcp";
const missing = noOwnPostgres || noRedis || kafkaLib() === undefined || nginxBinary() === undefined;

interface Row {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  readonly state: string;
}

describe.skipIf(missing)("needs PostgreSQL, Redis, Kafka and nginx: npm run platform", () => {
  const parent = mkdtempSync(join(tmpdir(), "grantline-platform-"));
  const folder = join(parent, "platform");
  let port: number;
  let issuer: string;
  let admin: TestAdmin;
  let client: Registered;
  let tokens: Tokens;
  let server: { readonly client_id: string; readonly client_secret: string };

  beforeAll(async () => {
    port = await freePort();
    issuer = `http://localhost:${port}/oauth`;
    admin = new TestAdmin(`http://localhost:${port}`, issuer, ADMIN_SECRET);
  });
  afterAll(async () => {
    await platform("down");
    rmSync(parent, { recursive: true, force: true });
  });

  function begin(args: readonly string[], more: Readonly<Record<string, string>> = {}): ChildProcess {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^GRANTLINE_(?!TEST_|GROUND)/.test(name)));
    return spawn(process.execPath, [COMMAND, ...args], {
      env: { ...env, GRANTLINE_PLATFORM_DIR: folder, GRANTLINE_PORT: String(port), GRANTLINE_ADMIN_SECRET: ADMIN_SECRET, ...more },
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  async function platform(
    ...args: readonly string[]
  ): Promise<{ readonly code: number | null; readonly out: string; readonly error: string }> {
    return outcome(begin(args));
  }

  function outcome(child: ChildProcess): Promise<{ readonly code: number | null; readonly out: string; readonly error: string }> {
    let [out, error] = ["", ""];
    child.stdout?.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (error += chunk.toString()));
    return new Promise((resolve) => child.once("close", (code) => resolve({ code, out, error })));
  }

  async function rows(): Promise<readonly Row[]> {
    return JSON.parse((await platform("status", "--json")).out) as readonly Row[];
  }

  async function instances(service: string): Promise<readonly Row[]> {
    return (await rows()).filter(({ name }) => name.startsWith(`${service}-`));
  }

  it("comes up with two of every service, and says so; a second `up` is refused", async () => {
    const { code, out, error } = await platform("up");
    // with what it says: a part that was not ready in time on a busy machine gets a second try
    if (code !== 0) throw new Error(error);
    expect(error).toContain("migrating the database");
    expect(out).toContain(`issuer         ${issuer}`);
    expect(out).not.toContain(ADMIN_SECRET);
    const all = await rows();
    expect(all.filter(({ state }) => state !== "ready" && state !== "runs")).toEqual([]);
    const services = ["rotation-worker", "client-registry", "token-service", "audit-projector", "mcp-gateway", "dcr-bridge"];
    expect(all.map(({ name }) => name).toSorted()).toEqual(
      ["postgres", "redis", "kafka", "nginx", ...services.flatMap((name) => [`${name}-1`, `${name}-2`])].toSorted(),
    );
    expect(await platform("up")).toMatchObject({ code: 1, error: expect.stringContaining("it runs already") });
  }, 180_000);

  it("a person gets tokens through the proxy, and what one instance revokes is revoked at the other", async () => {
    server = await admin.resource(RESOURCE, ["read"]);
    client = await register(issuer);
    tokens = await obtainTokens(new Person(`http://localhost:${port}`), {
      issuer,
      client,
      scope: "read offline_access",
      resource: RESOURCE,
    });
    const each = (await instances("token-service")).map((row) => `http://127.0.0.1:${row.port}/oauth`);
    expect(each).toHaveLength(2);
    for (const at of each) expect((await introspect(at, server, tokens.access_token)).active).toBe(true);
    const other = await obtainTokens(new Person(`http://localhost:${port}`), { issuer, client, scope: "read", resource: RESOURCE });
    for (const at of each) expect((await introspect(at, server, other.access_token)).active).toBe(true);
    const revoked = await postForm(`${each[0]}/revoke`, { token: other.access_token, client_id: client.client_id });
    expect(revoked.status).toBe(200);
    for (const at of each) expect((await introspect(at, server, other.access_token)).active).toBe(false);
    expect((await platform("grantline", "audit", "verify")).out).toMatch(/^intact: /);
  });

  it("goes on when a token-service is killed, and says which one is missing", async () => {
    const machine = await admin.machine();
    const [first] = await instances("token-service");
    process.kill(first?.pid as number, "SIGKILL");
    // What it had taken is lost with it (502): the proxy repeats no POST that somebody may have begun, and one on a kept connection whose end it has not
    // seen yet is lost too. A GET is repeated, and uses such connections up. From here on nobody notices.
    while (await listens(first as Row)) await pause(5);
    const read = await Promise.all(Array.from({ length: 40 }, () => fetch(`${issuer}/jwks`)));
    expect(new Set(read.map(({ status }) => status))).toEqual(new Set([200]));
    const authorization = basic(machine.client_id, machine.client_secret);
    const asked = Array.from({ length: 40 }, () =>
      postForm(`${issuer}/token`, { grant_type: "client_credentials", scope: "read", resource: RESOURCE }, { authorization }),
    );
    for (const answer of await Promise.all(asked)) expect(answer.status).toBe(200);
    const { code, out } = await platform("status");
    expect([code, out]).toEqual([1, expect.stringMatching(/^token-service-1 +stopped/m)]);
  });

  it("keeps its data over `down --keep-data`, and comes up again with one of each", async () => {
    const before = await rows();
    expect(await platform("down", "--keep-data")).toMatchObject({ code: 0 });
    expect(before.filter(isAlive)).toEqual([]);
    const again = await platform("up", "--instances", "1");
    expect([again.code, again.error.slice(-2_000)]).toEqual([0, expect.any(String)]);
    expect(await instances("token-service")).toHaveLength(1);
    const renewed = await refresh(issuer, client, tokens.refresh_token as string);
    expect(renewed.status).toBe(200);
  }, 180_000);

  it("leaves no process and no file behind, and a second `down` finds nothing to do", async () => {
    const before = await rows();
    expect(await platform("down")).toMatchObject({ code: 0, error: expect.stringContaining("stopped.") });
    expect(before.filter(isAlive)).toEqual([]);
    expect(existsSync(folder)).toBe(false);
    expect(await platform("down")).toMatchObject({ code: 0, error: expect.stringContaining("nothing was started") });
    expect(await platform("status")).toMatchObject({ code: 1, out: expect.stringContaining("Nothing runs") });
  });

  it("interrupted on its way up, leaves nothing behind either", async () => {
    const child = begin(["up"]);
    const ended = outcome(child);
    const started = new Promise<readonly Row[]>((resolve, reject) => {
      child.once("close", (code) => reject(new Error(`up ended by itself with ${code}`)));
      child.stderr?.on("data", (chunk: Buffer) => {
        if (!chunk.toString().includes("Kafka …")) return;
        resolve((JSON.parse(readFileSync(join(folder, "state.json"), "utf8")) as { readonly entries: readonly Row[] }).entries);
        child.kill("SIGINT");
      });
    });
    // it may have got further before this process, on a busy machine, came to look
    expect((await started).map(({ name }) => name).slice(0, 2)).toEqual(["postgres", "redis"]);
    expect(await ended).toMatchObject({ code: 1, error: expect.stringContaining("interrupted") });
    expect((await started).filter(isAlive)).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  }, 120_000);

  it("says in a line what is wrong before it starts anything", async () => {
    const refused = async (args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> => {
      const { code, error } = await outcome(begin(["up", ...args], env));
      expect([code, existsSync(folder)]).toEqual([1, false]);
      return error;
    };
    expect(await refused(["--instances", "many"], {})).toContain("a whole number from 1 to 8");
    expect(await refused([], { GRANTLINE_LOG_LEVEL: "loud" })).toContain("GRANTLINE_LOG_LEVEL");
    expect(await refused([], { GRANTLINE_POSTGRES_URL: "postgres://me@127.0.0.1/mine" })).toContain("GRANTLINE_KEK: needed");
    const held = await new Promise<ChildProcess>((resolve) => {
      const listen = `require("net").createServer().listen(${port},"127.0.0.1",()=>console.log("listening"))`;
      const child = spawn(process.execPath, ["-e", listen], { stdio: ["ignore", "pipe", "ignore"] });
      child.stdout.once("data", () => resolve(child));
    });
    expect(await refused([], {})).toContain(`port ${port} on 127.0.0.1 is in use`);
    held.kill();
  });
});

function listens({ port }: Row): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

/** Ended, but not yet collected by its parent, is not alive. */
function isAlive({ pid }: Row): boolean {
  return existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}
