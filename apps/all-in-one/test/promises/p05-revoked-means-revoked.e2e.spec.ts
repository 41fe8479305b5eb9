/*
 * P5, on one machine. Real: the built server as a process, the built command line, signals, the files. Made: nothing. The other worker process: workers.e2e.spec.ts.
 */
import { copyFileSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  ADMIN_SECRET,
  basic,
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
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { grantline } from "../support/cli.ts";

const RESOURCE = "https://revoked.example/mcp";
let server: ServerProcess;
let rs: { client_id: string; client_secret: string };
let machine: { client_id: string; client_secret: string };
let client: Registered;
const dead: { readonly what: string; readonly token: string }[] = [];
const alive: string[] = [];
const deadRefresh: string[] = [];

beforeAll(async () => {
  server = await ServerProcess.create({ env: { GRANTLINE_OPERATORS: "demo" } });
  await server.start();
  const admin = new TestAdmin(server.origin, server.issuer, ADMIN_SECRET);
  rs = await admin.resource(RESOURCE, ["read"]);
  machine = await admin.machine();
  client = await register(server.issuer);
  const authorization = basic(machine.client_id, machine.client_secret);
  const issue = async (by: { client_id: string; client_secret: string }): Promise<string> =>
    (
      (await (
        await postForm(
          `${server.issuer}/token`,
          { grant_type: "client_credentials", scope: "read", resource: RESOURCE },
          { authorization: basic(by.client_id, by.client_secret) },
        )
      ).json()) as { access_token: string }
    ).access_token;
  const logIn = (by: Registered = client) =>
    obtainTokens(new Person(server.origin), { issuer: server.issuer, client: by, scope: "read", resource: RESOURCE });

  const leaving = await admin.machine();
  const [one, family, single, ofClient] = [await issue(machine), await logIn(), await logIn(), await issue(leaving)];
  await server.kill("SIGTERM");
  for (const file of readModelFiles()) copyFileSync(file, `${file}.before`);
  await server.start();

  await postForm(`${server.issuer}/revoke`, { token: one }, { authorization });
  dead.push({ what: "a token without a grant", token: one });
  await postForm(`${server.issuer}/revoke`, { token: family.refresh_token, client_id: client.client_id });
  dead.push({ what: "a family", token: family.access_token });
  deadRefresh.push(family.refresh_token as string);
  await postForm(`${server.issuer}/revoke`, { token: single.access_token, client_id: client.client_id });
  dead.push({ what: "one token of a grant", token: single.access_token });
  await admin.call("POST", `/clients/${leaving.client_id}/revoke-all`);
  dead.push({ what: "all of a client", token: ofClient });
  alive.push(await issue(machine), (await logIn()).access_token);
});
afterAll(async () => {
  await server.kill("SIGTERM");
  rmSync(server.dataDir, { recursive: true, force: true });
});

async function expectAllAsItWas(): Promise<void> {
  for (const { what, token } of dead) expect([what, await introspect(server.issuer, rs, token)]).toEqual([what, { active: false }]);
  for (const token of alive) expect((await introspect(server.issuer, rs, token)).active).toBe(true);
  for (const token of deadRefresh) expect((await refresh(server.issuer, client, token)).status).toBe(400);
}

function readModelFiles(): readonly string[] {
  return ["", "-wal", "-shm"].map((ending) => join(server.dataDir, `read-model.db${ending}`)).filter((file) => existsSync(file));
}

function loseReadModel(): void {
  for (const file of readModelFiles()) rmSync(file, { force: true });
}

describe("revoked means revoked (P5)", () => {
  it("at once", () => expectAllAsItWas());

  it("after a restart, and after SIGKILL", async () => {
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      await server.kill(signal);
      await server.start();
      await expectAllAsItWas();
    }
  });

  it("while the projections are rebuilt by the command line, and afterwards", async () => {
    let over = false;
    const watching = (async () => {
      while (!over) await expectAllAsItWas();
    })();
    expect(await grantline(["projections", "rebuild"], { GRANTLINE_DATA_DIR: server.dataDir })).toMatchObject({
      code: 0,
      out: expect.stringContaining("rebuilt all projections"),
    });
    over = true;
    await watching;
    await expectAllAsItWas();
  });

  it("with the read model deleted under the running server, and at its next start", async () => {
    loseReadModel();
    await expectAllAsItWas();
    await server.kill("SIGKILL");
    await server.start();
    await expectAllAsItWas();
  });

  it("with the read model deleted while it was stopped", async () => {
    await server.kill("SIGTERM");
    loseReadModel();
    await server.start();
    await expectAllAsItWas();
  });

  it("with a read model of a time before the revocations put back", async () => {
    await server.kill("SIGTERM");
    loseReadModel();
    const backup = join(server.dataDir, "read-model.db.before");
    expect(existsSync(backup)).toBe(true);
    for (const ending of ["", "-wal", "-shm"]) {
      const file = join(server.dataDir, `read-model.db${ending}`);
      if (existsSync(`${file}.before`)) copyFileSync(`${file}.before`, file);
    }
    await server.start();
    await expectAllAsItWas();
  });
});
