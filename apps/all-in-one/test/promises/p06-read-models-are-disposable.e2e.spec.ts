/*
 * P6. Real: the built server as a process, the built command line, the files. Made: nothing. Duplicate, late and reordered deliveries: projections.property.int.spec.ts.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ADMIN_SECRET, introspect, obtainTokens, Person, postForm, refresh, register, ServerProcess, TestAdmin } from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { grantline } from "../support/cli.ts";

const RESOURCE = "https://disposable.example/mcp";
let server: ServerProcess;
let admin: TestAdmin;
let rs: { client_id: string; client_secret: string };
let token: string;

beforeAll(async () => {
  server = await ServerProcess.create();
  await server.start();
  admin = new TestAdmin(server.origin, server.issuer, ADMIN_SECRET);
  rs = await admin.resource(RESOURCE, ["read"]);
  for (let index = 0; index < 5; index++) {
    const client = await register(server.issuer, { client_name: `Client ${index}` });
    const tokens = await obtainTokens(new Person(server.origin), { issuer: server.issuer, client, scope: "read", resource: RESOURCE });
    token = tokens.access_token;
    if (index % 2 === 0) await refresh(server.issuer, client, tokens.refresh_token as string);
    if (index === 3) await postForm(`${server.issuer}/revoke`, { token: tokens.refresh_token, client_id: client.client_id });
  }
  token = (
    await obtainTokens(new Person(server.origin), {
      issuer: server.issuer,
      client: await register(server.issuer),
      scope: "read",
      resource: RESOURCE,
    })
  ).access_token;
});
afterAll(async () => {
  await server.kill("SIGTERM");
  rmSync(server.dataDir, { recursive: true, force: true });
});

/** Every listing, byte for byte as it is served. The grants' liveness is judged by the log, their rows are not. */
async function listings(): Promise<string> {
  const { items } = await admin.call<{ items: { subject: string }[] }>("GET", "/subjects");
  const paths = ["/grants", "/clients", "/resources", "/subjects", `/subjects/${items[0]?.subject}/consents`];
  const bodies = await Promise.all(paths.map(async (path) => (await admin.raw("GET", path)).text()));
  return bodies.join("\n");
}

const readModel = (ending = ""): string => join(server.dataDir, `read-model.db${ending}`);
const restart = async (between: () => void): Promise<void> => {
  await server.kill("SIGTERM");
  between();
  await server.start();
};

describe("read models are disposable (P6)", () => {
  it("deleted while stopped they come back byte-identical", async () => {
    const before = await listings();
    expect(before).toContain("Client 4");
    await restart(() => ["", "-wal", "-shm"].forEach((ending) => rmSync(readModel(ending), { force: true })));
    expect(await listings()).toBe(before);
  });

  it("overwritten with rubbish they come back byte-identical", async () => {
    const before = await listings();
    await restart(() => {
      for (const ending of ["-wal", "-shm"]) rmSync(readModel(ending), { force: true });
      writeFileSync(readModel(), "this is no database, and never was one".repeat(500));
    });
    expect(await listings()).toBe(before);
  });

  it("rebuilt while serving they end byte-identical, and no answer is wrong meanwhile", async () => {
    const before = await listings();
    let over = false;
    const wrong: unknown[] = [];
    const watching = (async () => {
      while (!over) {
        if ((await introspect(server.issuer, rs, token)).active !== true) wrong.push("inactive");
        if ((await listings()) !== before) wrong.push("listing");
      }
    })();
    for (let round = 0; round < 3; round++)
      expect((await grantline(["projections", "rebuild"], { GRANTLINE_DATA_DIR: server.dataDir })).code).toBe(0);
    over = true;
    await watching;
    expect(wrong).toEqual([]);
    expect(await listings()).toBe(before);
  });

  it("each projection alone can be rebuilt, and the status says that none is behind", async () => {
    const before = await listings();
    for (const name of ["grants", "clients", "resources", "subjects", "consents", "security"]) {
      expect(await grantline(["projections", "rebuild", name], { GRANTLINE_DATA_DIR: server.dataDir })).toMatchObject({
        code: 0,
        out: expect.stringContaining(`rebuilt ${name}`),
      });
    }
    expect(await listings()).toBe(before);
    const { out } = await grantline(["projections", "status", "--json"], { GRANTLINE_DATA_DIR: server.dataDir });
    expect(
      (JSON.parse(out) as { projections: { behind: number; parked: number }[] }).projections.every(
        ({ behind, parked }) => behind === 0 && parked === 0,
      ),
    ).toBe(true);
  });
});
