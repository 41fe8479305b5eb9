/*
 * Real: @modelcontextprotocol/server-filesystem and server-everything as processes, the stock clients, the whole Grantline server with its gateway. Fake: the
 * registry of servers, the person.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { freePort } from "@grantline/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { modernClient, sdkClient, type StockClient } from "../testing/stock-client.ts";
import { initialize, messageOf, post, rpc, startGatewayWorld, type Behind, type GatewayWorld, type Signed } from "../testing/world.ts";

const program = (name: string): string =>
  join(dirname(createRequire(import.meta.url).resolve(`@modelcontextprotocol/${name}/package.json`)), "dist", "index.js");

let world: GatewayWorld;
let folder: string;
let files: Behind;
let alice: Signed;
const open: StockClient[] = [];

beforeAll(async () => {
  // the path a program is told is the one it checks against
  folder = mkdtempSync(join(tmpdir(), "grantline-files-"));
  writeFileSync(join(folder, "note.txt"), "written before");
  world = await startGatewayWorld({
    env: { GRANTLINE_GATEWAY_COMMANDS: process.execPath, GRANTLINE_DEV_USERS: "demo:demo,second:second" },
  });
  files = await world.add("files", stdio([program("server-filesystem"), folder]));
  alice = await world.person(files);
});
afterEach(async () => {
  for (const client of open.splice(0)) await client.close();
});
afterAll(async () => {
  await world?.close();
  rmSync(folder, { recursive: true, force: true });
});

function stdio(args: readonly string[], env: readonly string[] = []) {
  return { stdio: { command: process.execPath, args, env }, authorization: "none" } as const;
}

describe("server-filesystem, over standard input and output", () => {
  it.each([
    ["sdk 1.32", sdkClient],
    ["client 2.4", modernClient],
  ] as const)("is used by %s like any other", async (_name, start) => {
    const client = await start({ url: files.url, token: alice.access });
    open.push(client);
    expect(await client.tools()).toContain("read_text_file");
    expect(await client.call("read_text_file", { path: join(folder, "note.txt") })).toBe("written before");
  });

  it("has a session, and a process, for each client; none is another user's", async () => {
    const first = await initialize(files.url, alice.access);
    const second = await initialize(files.url, alice.access);
    expect(first.id).not.toBe(second.id);
    const bob = await world.person(files, "use", { username: "second", password: "second" });
    const asBob = await post(files.url, rpc("tools/list"), { token: bob.access, headers: { "mcp-session-id": first.id } });
    expect(asBob.status).toBe(404);
    const end = await fetch(files.url, {
      method: "DELETE",
      headers: { authorization: `Bearer ${alice.access}`, "mcp-session-id": first.id },
    });
    expect(end.status).toBe(204);
    const after = await post(files.url, rpc("tools/list"), { token: alice.access, headers: { "mcp-session-id": first.id } });
    expect(after.status).toBe(404);
    const other = await post(files.url, rpc("tools/list"), { token: alice.access, headers: { "mcp-session-id": second.id } });
    expect((await messageOf(other)).result?.["tools"]).not.toHaveLength(0);
  });
});

/** A stdio server of one line, that does what `code` says with each message. */
const tiny = (code: string): readonly string[] => [
  "-e",
  `require("node:readline").createInterface({input: process.stdin}).on("line", (line) => { const m = JSON.parse(line); const answer = (result) => console.log(JSON.stringify({jsonrpc: "2.0", id: m.id, result})); ${code} })`,
];
const ANSWER_INITIALIZE = `if (m.method === "initialize") return answer({protocolVersion: "2025-11-25", capabilities: {}, serverInfo: {name: "tiny", version: "1"}});`;

describe("a program", () => {
  it("gets its arguments as they are, without a shell, and of our environment what is named and harmless", async () => {
    process.env["TINY_TOKEN"] = "for tiny";
    process.env["GRANTLINE_KEK_OF_TEST"] = "never";
    const witness = join(folder, "pwned");
    const server = await world.add(
      "env",
      stdio(
        [...tiny(`${ANSWER_INITIALIZE} answer({env: process.env, args: process.argv.slice(1)})`), `$(touch ${witness})`, "; touch x"],
        ["TINY_TOKEN", "GRANTLINE_KEK_OF_TEST", "NODE_OPTIONS"],
      ),
    );
    const { access } = await world.person(server);
    const { id } = await initialize(server.url, access);
    const { result } = await messageOf(await post(server.url, rpc("resources/list"), { token: access, headers: { "mcp-session-id": id } }));
    delete process.env["TINY_TOKEN"];
    delete process.env["GRANTLINE_KEK_OF_TEST"];
    expect(result?.["args"]).toEqual([`$(touch ${witness})`, "; touch x"]);
    expect(existsSync(witness)).toBe(false);
    const given = Object.keys(result?.["env"] as object);
    expect(given).toContain("TINY_TOKEN");
    expect(given.filter((name) => !["TINY_TOKEN", "HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"].includes(name))).toEqual([]);
  });

  it("that dies ends its session, and what waits for it gets an error", async () => {
    const server = await world.add("dies", stdio(tiny(`${ANSWER_INITIALIZE} if (m.id !== undefined) process.exit(1)`)));
    const { access } = await world.person(server);
    const { id } = await initialize(server.url, access);
    const answer = await post(server.url, rpc("tools/call", { name: "x" }), { token: access, headers: { "mcp-session-id": id } });
    // begun as a stream, it says so there and ends; the next request finds no session
    expect([200, 502]).toContain(answer.status);
    await answer.text();
    expect((await post(server.url, rpc("ping"), { token: access, headers: { "mcp-session-id": id } })).status).toBe(404);
  });

  it("that is not there, is not allowed, or speaks no MCP, is an error at once", async () => {
    const missing = await world.add("missing", { ...stdio([]), stdio: { command: "/usr/bin/env", args: [], env: [] } });
    const { access } = await world.person(missing);
    const { response } = await initialize(missing.url, access);
    expect([response.status, (await messageOf(response)).error?.data?.["reason"]]).toEqual([502, "bridge-command-refused"]);
    const mute = await world.add("mute", { ...stdio(["-e", "process.exit(0)"]), policy: { timeoutMs: 2_000 } });
    const signed = await world.person(mute);
    const answer = (await initialize(mute.url, signed.access)).response;
    await answer.text();
    expect(answer.headers.get("content-type")).toMatch(/json|event-stream/);
  });
});

describe("server-everything, over HTTP", () => {
  let everything: ChildProcess;
  let behind: Behind;
  beforeAll(async () => {
    const port = await freePort();
    everything = spawn(process.execPath, [program("server-everything"), "streamableHttp"], {
      env: { PATH: process.env["PATH"] ?? "", PORT: String(port) },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    for await (const piece of everything.stderr as NonNullable<ChildProcess["stderr"]>) {
      said += String(piece);
      if (said.includes("listening on port")) break;
    }
    behind = await world.add("everything", { url: `http://127.0.0.1:${port}/mcp`, authorization: "none" });
  });
  afterAll(async () => {
    everything.kill("SIGKILL");
    if (everything.exitCode === null && everything.signalCode === null) await once(everything, "exit");
  });

  it("is used through the gateway with tools, progress and a stream of its own", async () => {
    const { access } = await world.person(behind);
    const progress: number[] = [];
    const client = await sdkClient({ url: behind.url, token: access, onProgress: (each) => void progress.push(each) });
    open.push(client);
    expect(await client.call("echo", { message: "hello" })).toContain("hello");
    expect(await client.call("get-sum", { a: 2, b: 3 })).toContain("5");
    await client.call("trigger-long-running-operation", { duration: 1, steps: 3 });
    expect(progress).toEqual([1, 2, 3]);
  });
});

it("the example folder is as the programs left it", () => {
  expect(readFileSync(join(folder, "note.txt"), "utf8")).toBe("written before");
});
