// Real: the command line as a process from source, the data folder's files, a server over HTTP on them. Made: nothing.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ADMIN_SECRET, basic, postForm, startTestPlatform, type TestPlatform } from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const MAIN = join(import.meta.dirname, "main.ts");
let server: TestPlatform;
let elsewhere: string;

beforeAll(async () => {
  server = await startTestPlatform();
  elsewhere = mkdtempSync(join(tmpdir(), "grantline-cli-"));
});
afterAll(async () => {
  await server.close();
  for (const folder of [server.dataDir, elsewhere]) rmSync(folder, { recursive: true, force: true });
});

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

function grantline(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Result> {
  const settings = {
    GRANTLINE_DATA_DIR: server.dataDir,
    GRANTLINE_PORT: new URL(server.origin).port,
    GRANTLINE_ADMIN_SECRET: ADMIN_SECRET,
    ...env,
  };
  const child = spawn(process.execPath, ["--conditions=@grantline/source", "--disable-warning=ExperimentalWarning", MAIN, ...args], {
    env: {
      PATH: process.env["PATH"] ?? "",
      COLUMNS: "200",
      ...Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== "")),
    },
    cwd: elsewhere,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let error = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (error += chunk.toString()));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, out, error })));
}
const member = (out: string, name: string): string => new RegExp(`^${name}\\s+(\\S+)$`, "m").exec(out)?.[1] ?? "";

describe("the command line", () => {
  it("explains itself and says its version", async () => {
    const help = await grantline(["--help"]);
    for (const word of ["projections", "events", "config", "resource", "client", "GRANTLINE_ADMIN_SECRET", "Exit codes"])
      expect(help.out).toContain(word);
    expect(await grantline(["--version"])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    expect((await grantline(["resource", "add", "--help"])).out).toContain("--scope <name=description>");
  });

  it("is told of an unknown command or option in one line", async () => {
    expect(await grantline(["evnets"])).toMatchObject({ code: 1, error: expect.stringContaining("unknown command 'evnets'") });
    expect(await grantline(["events", "list", "--after", "yesterday"])).toMatchObject({
      code: 1,
      error: expect.stringContaining("whole number"),
    });
  });
});

describe("config check", () => {
  it("shows what the settings come to, and no secret", async () => {
    const { code, out } = await grantline(["config", "check"], { GRANTLINE_OPERATORS: "ada" });
    expect(code).toBe(0);
    expect(out).toContain(`issuer         ${server.issuer}`);
    expect(out).toContain("operators      ada");
    expect(out).not.toContain(ADMIN_SECRET);
  });

  it("names each problem in a line, of a file as of the environment", async () => {
    const file = join(elsewhere, "settings.yaml");
    writeFileSync(file, "server:\n  port: eighty\n");
    const { code, error } = await grantline(["config", "check", "--config", file], { GRANTLINE_PORT: "", GRANTLINE_LOG_LEVEL: "loud" });
    expect(code).toBe(2);
    expect(error).toMatch(/eighty/);
    expect(error).toMatch(/GRANTLINE_LOG_LEVEL/);
  });
});

describe("resources and clients", () => {
  it("a resource is registered by one command, and its client can introspect at once", async () => {
    const { code, out, error } = await grantline([
      "resource",
      "add",
      "https://cli.example/mcp",
      "--name",
      "By command",
      "--scope",
      "*notes:read=Read your notes",
      "--scope",
      "notes:write=Write = replace",
    ]);
    expect([code, error]).toEqual([0, expect.stringContaining("shown this once")]);
    const answer = await postForm(
      `${server.issuer}/introspect`,
      { token: "nonsense" },
      { authorization: basic(member(out, "client_id"), member(out, "client_secret")) },
    );
    expect([answer.status, await answer.json()]).toEqual([200, { active: false }]);
    const { items } = await server.admin.call<{ items: { uri: string }[] }>("GET", "/resources?uri=https%3A%2F%2Fcli.example%2Fmcp");
    expect(items[0]).toMatchObject({
      name: "By command",
      scopes: [
        { name: "notes:read", description: "Read your notes", default: true },
        { name: "notes:write", description: "Write = replace" },
      ],
    });
  });

  it("a machine and a public client are registered, with the secret from a file", async () => {
    const file = join(elsewhere, "secret");
    writeFileSync(file, `${ADMIN_SECRET}\n`);
    const machine = await grantline(
      ["client", "add", "--name", "Machine", "--machine", "--scope", "notes:read", "--admin-secret-file", file],
      { GRANTLINE_ADMIN_SECRET: "" },
    );
    const authorization = basic(member(machine.out, "client_id"), member(machine.out, "client_secret"));
    expect(
      (
        await postForm(
          `${server.issuer}/token`,
          { grant_type: "client_credentials", scope: "notes:read", resource: "https://cli.example/mcp" },
          { authorization },
        )
      ).status,
    ).toBe(200);
    const app = await grantline([
      "client",
      "add",
      "--name",
      "App",
      "--id",
      "my-app",
      "--redirect-uri",
      "https://app.example/callback",
      "--json",
    ]);
    expect(JSON.parse(app.out)).toMatchObject({ client_id: "my-app", token_endpoint_auth_method: "none" });
  });

  it("what the server refuses, or that there is none, is one line and no stack", async () => {
    const cases: readonly (readonly [readonly string[], Record<string, string>, number, RegExp])[] = [
      [["resource", "add", "https://cli.example/mcp"], {}, 1, /^grantline: .*409: .*registered already.*correlation id/],
      [
        ["resource", "add", "https://other.example/mcp"],
        { GRANTLINE_ADMIN_SECRET: "not-the-secret-of-this-server" },
        1,
        /^grantline: .*401: /,
      ],
      [["resource", "add", "https://other.example/mcp"], { GRANTLINE_ADMIN_SECRET: "" }, 2, /^grantline: Give the secret/],
      [["resource", "add", "https://other.example/mcp", "--issuer", "http://127.0.0.1:1/oauth"], {}, 2, /^grantline: no answer from/],
      [
        ["resource", "add", "https://other.example/mcp", "--admin-secret-file", "/no/such/file"],
        {},
        2,
        /^grantline: --admin-secret-file: can't read/,
      ],
      [["resource", "add", "https://other.example/mcp", "--scope", "read"], {}, 1, /name=description/],
    ];
    for (const [args, env, code, line] of cases) {
      const result = await grantline(args, env);
      expect([args.join(" "), result.code, result.error.trim().split("\n").length]).toEqual([args.join(" "), code, 1]);
      expect(result.error).toMatch(line);
      expect(result.error).not.toContain(ADMIN_SECRET);
    }
  });
});

describe("the log and its projections, beside a running server", () => {
  it("events are listed as lines of JSON, by stream, type and position", async () => {
    const lines = async (
      ...args: string[]
    ): Promise<readonly { position: string; stream: string; type: string; hash: string; data: object }[]> =>
      (await grantline(["events", "list", ...args])).out
        .trim()
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as never);
    const all = await lines();
    expect(all.map(({ position }) => Number(position))).toEqual(all.map((_, index) => index + 1));
    expect(new Set((await lines("--stream", "client-my-app")).map(({ stream }) => stream))).toEqual(new Set(["client-my-app"]));
    expect((await lines("--type", "ClientRegistered")).every(({ type }) => type === "ClientRegistered")).toBe(true);
    // what strangers did before is told when a minute is over
    const since = (await lines("--after", String(all.length))).filter(({ stream }) => !stream.startsWith("security-"));
    expect(since).toEqual([]);
    expect(await lines("--limit", "3")).toHaveLength(3);
    expect(await lines("--stream", "client-nobody")).toEqual([]);
  });

  it("projections are shown and rebuilt while the server runs, and it goes on", async () => {
    const status = await grantline(["projections", "status", "--json"]);
    const { head, projections } = JSON.parse(status.out) as {
      head: string;
      projections: { name: string; behind: number; parked: number }[];
    };
    expect(Number(head)).toBeGreaterThan(10);
    expect(projections.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["grants", "clients", "resources", "subjects", "consents", "security"]),
    );
    expect(projections.every(({ behind, parked }) => behind < 50 && parked === 0)).toBe(true);
    expect(await grantline(["projections", "rebuild"])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^rebuilt all projections: \d+ events in \d+\.\d s, \d+ events\/s\n$/),
    });
    expect(await grantline(["projections", "rebuild", "nothing"])).toMatchObject({
      code: 2,
      error: expect.stringContaining("There is no projection nothing; there are grants"),
    });
    expect((await grantline(["projections", "status"])).out).toMatch(/^grants {4,}v1 {2}position \d+ {2}behind 0 {2}parked 0$/m);
    expect((await server.admin.raw("GET", "/clients")).status).toBe(200);
  });

  it("the log is verified while the server runs", async () => {
    expect(await grantline(["events", "verify"])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^intact: \d+ events in \d+ streams, \d+ events\/s\n$/),
    });
  });

  it("a folder no server has run on, or of a newer release, is one line", async () => {
    for (const args of [
      ["events", "verify"],
      ["events", "list"],
      ["projections", "status"],
    ]) {
      expect(await grantline(args, { GRANTLINE_DATA_DIR: elsewhere })).toMatchObject({
        code: 2,
        error: expect.stringMatching(/^grantline: GRANTLINE_DATA_DIR: there is no event log in .*\n$/),
      });
    }
    const newer = mkdtempSync(join(tmpdir(), "grantline-newer-"));
    const db = new DatabaseSync(join(newer, "events.db"));
    db.exec("CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID; INSERT INTO meta VALUES ('schema', 99)");
    db.close();
    const told = await grantline(["events", "verify"], { GRANTLINE_DATA_DIR: newer });
    expect([told.code, told.error]).toEqual([2, expect.stringMatching(/^grantline: .*newer Grantline.*\n$/)]);
    rmSync(newer, { recursive: true, force: true });
  });
});

describe("the log and its projections, after the server has stopped", () => {
  it("are read, verified and rebuilt all the same, and the next start goes on from there", async () => {
    await server.close({ keepData: true });
    expect((await grantline(["events", "verify"])).out).toMatch(/^intact: /);
    expect((await grantline(["projections", "rebuild", "clients"])).code).toBe(0);
    server = await startTestPlatform({ dataDir: server.dataDir });
    const { items } = await server.admin.call<{ items: { client_id: string }[] }>("GET", "/clients");
    expect(items.map(({ client_id }) => client_id)).toContain("my-app");
  });
});
