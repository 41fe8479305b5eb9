// Real: the command line's program, a server and its data folder. Made: the terminal.
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { ADMIN_SECRET, startTestPlatform, type TestPlatform } from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "./testing/run.ts";

let server: TestPlatform;
beforeAll(async () => {
  server = await startTestPlatform();
});
afterAll(async () => {
  await server.close();
  rmSync(server.dataDir, { recursive: true, force: true });
});

const answer = async (...args: readonly string[]): Promise<unknown> => {
  const env = {
    GRANTLINE_DATA_DIR: server.dataDir,
    GRANTLINE_ISSUER: server.issuer,
    GRANTLINE_ADMIN_SECRET: ADMIN_SECRET,
    HOME: server.dataDir,
  };
  const ran = await run([...args, "--json"], { cwd: tmpdir(), env });
  expect([ran.code, ran.error]).toEqual([0, ""]);
  return JSON.parse(ran.out);
};

describe("with --json the whole answer is one value", () => {
  it("of config check", async () => {
    expect(await answer("config", "check")).toMatchObject({
      issuer: server.issuer,
      data_folder: server.dataDir,
      warnings: expect.any(Array),
    });
  });

  it("of events verify and of projections rebuild", async () => {
    expect(await answer("events", "verify")).toMatchObject({ intact: true, events: expect.any(Number), streams: expect.any(Number) });
    expect(await answer("projections", "rebuild", "clients")).toMatchObject({ rebuilt: "clients", events: expect.any(Number) });
  });
});
