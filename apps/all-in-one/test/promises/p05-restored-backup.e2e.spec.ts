/*
 * P5 after a restore that lost revocations. Real: the built server as a process, the built command line, the files. Made: nothing.
 * The same with PostgreSQL: libs/event-store/postgres/src/restore.int.spec.ts restores; what `recover` does knows no engine.
 */
import { copyFileSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  ADMIN_SECRET,
  introspect,
  obtainTokens,
  Person,
  postForm,
  refresh,
  register,
  ServerProcess,
  TestAdmin,
  type Registered,
} from "@grantline/testing";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { grantline } from "../support/cli.ts";

const RESOURCE = "https://restored.example/mcp";
let server: ServerProcess;
let rs: { client_id: string; client_secret: string };
let client: Registered;
let given: { readonly access_token: string; readonly refresh_token?: string };
let unknown: { readonly access_token: string; readonly refresh_token?: string };
let recovered: Awaited<ReturnType<typeof grantline>>;

const files = (): readonly string[] => ["", "-wal", "-shm"].map((ending) => join(server.dataDir, `events.db${ending}`));
const onData = () => ({ GRANTLINE_DATA_DIR: server.dataDir, GRANTLINE_ISSUER: server.issuer });
const logIn = () => obtainTokens(new Person(server.origin), { issuer: server.issuer, client, scope: "read", resource: RESOURCE });

beforeAll(async () => {
  server = await ServerProcess.create({ env: { GRANTLINE_OPERATORS: "demo" } });
  await server.start();
  rs = await new TestAdmin(server.origin, server.issuer, ADMIN_SECRET).resource(RESOURCE, ["read"]);
  client = await register(server.issuer);
  given = await logIn();
  await server.kill("SIGTERM");
  for (const file of files()) if (existsSync(file)) copyFileSync(file, `${file}.backup`);

  await server.start();
  await postForm(`${server.issuer}/revoke`, { token: given.refresh_token, client_id: client.client_id });
  unknown = await logIn();
  await server.kill("SIGTERM");

  for (const file of files()) {
    rmSync(file, { force: true });
    if (existsSync(`${file}.backup`)) copyFileSync(`${file}.backup`, file);
  }
  recovered = await grantline(["recover", "--reason", "restored the backup of 12:00", "--yes"], onData());
  await server.start();
});
afterAll(async () => {
  await server.kill("SIGTERM");
  rmSync(server.dataDir, { recursive: true, force: true });
});

describe("after a restore that lost a revocation, and `grantline recover`", () => {
  it("the command says what it ended", () => {
    expect(recovered).toMatchObject({
      code: 0,
      out: expect.stringMatching(/generations of \d+ clients raised, [1-9]\d* signing keys struck out/),
    });
  });

  it("nothing given before the backup is active, whether it was revoked in the lost stretch or not", async () => {
    expect(await introspect(server.issuer, rs, given.access_token)).toEqual({ active: false });
    expect((await refresh(server.issuer, client, given.refresh_token ?? "")).status).toBe(400);
  });

  it("nor is what was given in the lost stretch, of which the log knows nothing", async () => {
    expect(await introspect(server.issuer, rs, unknown.access_token)).toEqual({ active: false });
    expect((await refresh(server.issuer, client, unknown.refresh_token ?? "")).status).toBe(400);
  });

  it("and no validator that judges by signature alone takes either any more", async () => {
    const keys = createRemoteJWKSet(new URL(`${server.issuer}/jwks`));
    for (const { access_token } of [given, unknown]) await expect(jwtVerify(access_token, keys)).rejects.toThrow("no applicable key");
  });

  it("people log in again, and what they get is good", async () => {
    expect(await introspect(server.issuer, rs, (await logIn()).access_token)).toMatchObject({ active: true });
  });

  it("the log is whole and says why", async () => {
    expect(await grantline(["events", "verify"], onData())).toMatchObject({ code: 0 });
    const { out } = await grantline(["events", "list", "--type", "ClientGenerationRaised"], onData());
    expect(out).toContain("restored the backup of 12:00");
  });
});
