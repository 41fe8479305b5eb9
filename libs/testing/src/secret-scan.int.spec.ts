/*
 * Real: fetch, an HTTP server, SQLite files in a folder. Made: the secrets, planted where the scan must find them.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secretScan } from "./secret-scan.ts";
import { watchSecrets, type SecretWatch } from "./secret-watch.ts";

const secret = randomBytes(32).toString("base64url");
const token = `gl_rt_local0123.4.${secret}`;
const secrets = new Map([[token, "refresh_token"]]);
let dataDir: string;

beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), "grantline-scan-"));
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

function plant(name: string, text: string): void {
  const database = new DatabaseSync(join(dataDir, name));
  database.exec("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, body TEXT)");
  database.prepare("INSERT INTO t (body) VALUES (?)").run(text);
  database.close();
}

describe("secretScan", () => {
  it("finds nothing where nothing is", () => {
    plant("clean.db", "an event");
    expect(secretScan({ secrets, texts: { logs: "a line" }, dataDir })).toEqual([]);
  });

  it.each([
    ["the value", () => `before ${token} after`],
    ["its secret part alone", () => `hash me: ${secret}`],
    ["the value as a URL spells it", () => `?refresh_token=${encodeURIComponent(token)}`],
    ["the value inside JSON", () => JSON.stringify({ token })],
  ])("finds %s in a text", (_what, text) => {
    expect(secretScan({ secrets, texts: { logs: text() } })).toEqual(["logs: refresh_token"]);
  });

  it("finds a planted secret in a database, in one that spans pages, and in a plain file, and does not repeat it", () => {
    plant("events.db", token);
    plant("big.db", `${"x".repeat(4080)}${token}${"y".repeat(9000)}`);
    mkdirSync(join(dataDir, "keys"));
    writeFileSync(join(dataDir, "keys", "note"), token);
    const found = secretScan({ secrets, texts: {}, dataDir });
    expect(found.toSorted()).toEqual(["big.db: refresh_token", "events.db: refresh_token", `${join("keys", "note")}: refresh_token`]);
    expect(found.join()).not.toContain(secret);
  });
});

describe("watchSecrets", () => {
  let server: Server;
  let origin: string;
  let watch: SecretWatch;

  beforeAll(async () => {
    server = createServer((_request, response) => {
      response.writeHead(200, {
        "content-type": "application/json",
        "set-cookie": `session=${secret}c; Path=/`,
        location: `/next?code=${secret}l`,
      });
      response.end(JSON.stringify({ access_token: `${secret}a`, token_type: "Bearer" }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    watch = watchSecrets();
  });
  afterAll(async () => {
    watch.stop();
    await new Promise((resolve) => server.close(resolve));
  });

  it("remembers what is sent and received, and leaves the answer to its reader", async () => {
    const body = new URLSearchParams({ code_verifier: `${secret}v`, scope: "not-a-secret-of-anybody" });
    const response = await fetch(`${origin}/?request_uri=${secret}q`, {
      method: "POST",
      body,
      headers: { authorization: `Basic ${btoa(`id:${secret}s`)}` },
    });
    expect(await response.json()).toMatchObject({ token_type: "Bearer" });
    const labels = new Map(
      [...watch.secrets].filter(([value]) => value.startsWith(secret)).map(([value, label]) => [value.slice(secret.length), label]),
    );
    expect(Object.fromEntries(labels)).toEqual({
      v: "code_verifier",
      q: "request_uri",
      s: "client_secret",
      c: "cookie",
      l: "code",
      a: "access_token",
    });
  });
});
