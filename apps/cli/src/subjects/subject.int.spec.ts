// Real: the command line as a process from source, with its standard input; a server over HTTP; a person who logs in. Made: nothing.
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ADMIN_SECRET,
  obtainTokens,
  postForm,
  register,
  startTestPlatform,
  type Registered,
  type TestPlatform,
  type Tokens,
} from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const MAIN = join(import.meta.dirname, "..", "main.ts");
let server: TestPlatform;
let client: Registered;

beforeAll(async () => {
  server = await startTestPlatform();
  client = await register(server.issuer);
});
afterAll(async () => {
  await server.close();
  rmSync(server.dataDir, { recursive: true, force: true });
});

function grantline(args: readonly string[], input: string): Promise<{ code: number | null; out: string; error: string }> {
  const child = spawn(process.execPath, ["--conditions=@grantline/source", "--disable-warning=ExperimentalWarning", MAIN, ...args], {
    env: {
      PATH: process.env["PATH"] ?? "",
      GRANTLINE_DATA_DIR: server.dataDir,
      GRANTLINE_PORT: new URL(server.origin).port,
      GRANTLINE_ADMIN_SECRET: ADMIN_SECRET,
    },
    cwd: tmpdir(),
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.end(input);
  let out = "";
  let error = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (error += chunk.toString()));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, out, error })));
}

async function login(): Promise<{ readonly tokens: Tokens; readonly subject: string }> {
  const tokens = await obtainTokens(server.person(), { issuer: server.issuer, client, scope: "openid offline_access" });
  const userinfo = await fetch(`${server.issuer}/userinfo`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
  return { tokens, subject: ((await userinfo.json()) as { sub: string }).sub };
}

describe("subject erase", () => {
  it("does nothing unless the id is typed again, and says so", async () => {
    const { subject } = await login();
    for (const input of ["", "\n", "yes\n"]) {
      const { code, error, out } = await grantline(["subject", "erase", subject], input);
      expect([code, out]).toEqual([1, ""]);
      expect(error).toContain(`Type ${subject} to go on`);
      expect(error).toContain("not confirmed, nothing was done");
    }
    expect(await server.admin.call("GET", `/subjects/${subject}`)).toMatchObject({ status: "active" });
  });

  it("erases once it was, says what was done, and the person is gone: the tokens are dead, the next login is somebody new", async () => {
    const { subject, tokens } = await login();
    const { code, out, error } = await grantline(["subject", "erase", subject], `${subject}\n`);
    expect([code, out]).toEqual([0, expect.stringMatching(new RegExp(`^subject +${subject}\nstatus +erased\ngeneration +\\d+\n$`))]);
    expect(error).toContain("key is destroyed");
    const refused = await postForm(`${server.issuer}/token`, {
      grant_type: "refresh_token",
      refresh_token: tokens.refresh_token,
      client_id: client.client_id,
    });
    expect(refused.status).toBe(400);
    expect((await login()).subject).not.toBe(subject);
  });

  it("asks nothing with --yes, may be repeated, and knows no stranger", async () => {
    const { subject } = await login();
    for (const time of [1, 2]) {
      const { code, out } = await grantline(["subject", "erase", subject, "--yes", "--json"], "");
      expect([time, code, JSON.parse(out)]).toEqual([time, 0, expect.objectContaining({ subject, status: "erased" })]);
    }
    expect(await grantline(["subject", "erase", "nobody", "--yes"], "")).toMatchObject({ code: 1, error: expect.stringMatching(/404/) });
    expect(await grantline(["subject", "erase", "../clients", "--yes"], "")).toMatchObject({
      code: 1,
      error: expect.stringMatching(/id has letters/),
    });
  });
});
