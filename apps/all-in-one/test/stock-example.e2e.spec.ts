/*
 * Real: examples/mcp-server as its README runs it, server and client each a process of its own, and Grantline. Made: the person, who is a
 * browser without script and opens the addresses the client prints.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { basic, freePort, postForm, startTestPlatform, type Person, type TestPlatform } from "@grantline/testing";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";

const SOURCES = join(import.meta.dirname, "..", "..", "..", "examples", "mcp-server", "src");

let platform: TestPlatform;
const running: ChildProcess[] = [];

beforeAll(async () => {
  platform = await startTestPlatform();
});
afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGTERM");
    await once(child, "exit");
  }
});
afterAll(() => platform?.close());

/** Runs a file of the example; `hear` gets all output so far whenever there is more. */
function run(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  hear: (output: string) => void = () => {},
): { readonly child: ChildProcess; readonly output: () => string } {
  const child = spawn(process.execPath, [join(SOURCES, file), ...args], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      hear(output);
    });
  return { child, output: () => output };
}

/** Starts the example server as step 3 of its README does; resolves when it says where it is. */
async function startServer(): Promise<string> {
  const port = await freePort();
  const url = `http://localhost:${port}/mcp`;
  const { client_id, client_secret } = await platform.admin.call<{ client_id: string; client_secret: string }>("POST", "/resources", {
    uri: url,
    name: "Example notes",
    scopes: [
      { name: "notes:read", description: "Read your note", default: true },
      { name: "notes:write", description: "Replace your note" },
    ],
  });
  await new Promise<void>((resolve, reject) => {
    const { child, output } = run(
      "main.ts",
      [],
      { ISSUER: platform.issuer, PORT: String(port), CLIENT_ID: client_id, CLIENT_SECRET: client_secret },
      (text) => {
        if (text.includes(`MCP server at ${url}`)) resolve();
      },
    );
    child.once("exit", () => reject(new Error(output())));
  });
  return url;
}

/** Allows whatever is asked at the last address printed, and follows the browser back to the client's listener. */
async function visit(person: Person, address: string): Promise<void> {
  const callback = await person.authorize(address);
  const response = await fetch(callback);
  expect(await response.text()).toContain("Done");
}

it("the example's client logs in, reads, steps up and writes, asking its user twice", async () => {
  const url = await startServer();
  const person = platform.person();
  const visits: Promise<void>[] = [];
  const { child, output } = run("client.ts", [url], {}, (text) => {
    const addresses = text.match(/^http\S+\/authorize\?\S+(?=\n)/gm) ?? [];
    for (const address of addresses.slice(visits.length)) visits.push(visit(person, address));
  });
  const [code] = (await once(child, "close")) as [number | null];
  await Promise.all(visits);
  expect([code, output()]).toEqual([0, expect.any(String)]);
  expect(visits).toHaveLength(2);
  expect(output().split("\n")).toEqual(
    expect.arrayContaining([
      expect.stringContaining("Connected; the token allows: "),
      "read_note: (empty)",
      "write_note: written",
      "read_note: bought milk",
    ]),
  );
});

it("the example server serves its metadata at the path and at the root, and challenges who comes without a token", async () => {
  const url = await startServer();
  const response = await fetch(url, { method: "POST" });
  expect(response.status).toBe(401);
  const metadataUrl = new URL(url).origin + "/.well-known/oauth-protected-resource";
  expect(response.headers.get("www-authenticate")).toMatch(/^Bearer .*scope="notes:read"/);
  expect(response.headers.get("www-authenticate")).toContain(`resource_metadata="${metadataUrl}/mcp"`);
  for (const place of [metadataUrl, `${metadataUrl}/mcp`]) {
    const metadata = await fetch(place);
    expect(metadata.headers.get("access-control-allow-origin")).toBe("*");
    expect(await metadata.json()).toEqual({
      resource: url,
      authorization_servers: [platform.issuer],
      scopes_supported: ["notes:read"],
      resource_name: "Example notes",
    });
  }
});

it("the example server refuses a token that is for another server", async () => {
  const url = await startServer();
  const other = "https://other.example/mcp";
  await platform.admin.resource(other, ["notes:read"]);
  const { client_id, client_secret } = await platform.admin.call<{ client_id: string; client_secret: string }>("POST", "/clients", {
    client_name: "Machine",
    redirect_uris: [],
    response_types: [],
    grant_types: ["client_credentials"],
    token_endpoint_auth_method: "client_secret_basic",
  });
  const answer = await postForm(
    `${platform.issuer}/token`,
    { grant_type: "client_credentials", scope: "notes:read", resource: other },
    { authorization: basic(client_id, client_secret) },
  );
  const { access_token } = (await answer.json()) as { access_token: string };
  const response = await fetch(url, { method: "POST", headers: { authorization: `Bearer ${access_token}` } });
  expect(response.status).toBe(401);
  expect(response.headers.get("www-authenticate")).toContain('error="invalid_token"');
});

it("the example server says what is missing instead of starting", async () => {
  const nothing = run("main.ts", [], {});
  expect(await once(nothing.child, "close")).toEqual([2, null]);
  expect(nothing.output()).toContain("CLIENT_ID");
  const nobody = run("main.ts", [], {
    ISSUER: `http://localhost:${await freePort()}/oauth`,
    CLIENT_ID: "x",
    CLIENT_SECRET: "y",
    PORT: "0",
  });
  expect(await once(nobody.child, "close")).toEqual([1, null]);
  expect(nobody.output()).toContain("Is Grantline running?");
});
