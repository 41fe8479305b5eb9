// Real: HTTP, the whole server, SQLite event store. Fake: nothing.
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startTestPlatform, type TestPlatform } from "@grantline/testing";

interface Flag {
  readonly name: string;
  readonly set: boolean;
  readonly enabled: boolean;
  readonly changes: number;
  readonly history?: readonly { readonly by: string; readonly reason: string; readonly enabled: boolean }[];
}

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform();
});
afterAll(() => platform.close());

const read = (name: string) => platform.admin.call<Flag>("GET", `/flags/${name}`);
const put = (name: string, body: object) => platform.admin.raw("PUT", `/flags/${name}`, body);

describe("feature flags in the admin API", () => {
  it("are listed with what stops without them, set or not", async () => {
    const { items } = await platform.admin.call<{ items: readonly Flag[] }>("GET", "/flags");
    expect(items.length).toBeGreaterThan(10);
    expect(items.find(({ name }) => name === "gateway.calls")).toMatchObject({
      set: false,
      default: true,
      enabled: true,
      rollout: 100,
      changes: 0,
      about: expect.stringMatching(/\.$/) as string,
    });
  });

  it("are set for providers, clients and percentages, and remember who said so and why", async () => {
    const wanted = { rollout: 25, providers: { github: 100, entra: 0 }, clients: { on: ["c1"], off: ["c2"] } };
    const set = await put("upstream.authorization", { ...wanted, reason: "a quarter first" });
    expect([set.status, await set.json()]).toEqual([200, expect.objectContaining({ ...wanted, enabled: true, set: true, changes: 1 })]);
    await put("upstream.authorization", { ...wanted, reason: "said again, changes nothing" });
    await put("upstream.authorization", { ...wanted, enabled: false, reason: "an incident" });
    const flag = await read("upstream.authorization");
    expect(flag.history).toMatchObject([
      { by: "grantline-admin", reason: "an incident", enabled: false },
      { by: "grantline-admin", reason: "a quarter first", enabled: true, rollout: 25 },
    ]);
    expect(flag).toMatchObject({ enabled: false, changes: 2, reason: "an incident" });
  });

  it("act in the server that was told", async () => {
    expect(platform.context.flags.enabled("gateway.calls")).toBe(true);
    expect((await put("gateway.calls", { enabled: false, reason: "stop" })).status).toBe(200);
    await vi.waitFor(() => expect(platform.context.flags.enabled("gateway.calls")).toBe(false), { timeout: 10_000, interval: 5 });
  });

  it("are not changed by who looked before the last change", async () => {
    expect((await put("gateway.stdio-bridge", { enabled: false, reason: "one", if_changes: 0 })).status).toBe(200);
    const late = await put("gateway.stdio-bridge", { enabled: true, reason: "two", if_changes: 0 });
    expect([late.status, await late.json()]).toEqual([
      409,
      expect.objectContaining({ type: "urn:grantline:problem:state-conflict", correlation_id: expect.any(String) as string }),
    ]);
    expect(await read("gateway.stdio-bridge")).toMatchObject({ enabled: false, changes: 1 });
  });

  it("that do not exist, and values that make no sense, are refused and change nothing", async () => {
    expect((await put("no.such-flag", { reason: "x" })).status).toBe(404);
    expect((await platform.admin.raw("GET", "/flags/constructor")).status).toBe(404);
    for (const body of [
      {},
      { reason: " " },
      { reason: "x", rollout: 101 },
      { reason: "x", rollout: "50" },
      { reason: "x", providers: { "Not A Name": 1 } },
      { reason: "x", providers: { github: -1 } },
      { reason: "x", clients: { on: ["c"], off: ["c"] } },
      { reason: "x", unknown: true },
    ])
      expect([body, (await put("oauth.device-grant", body)).status]).toEqual([body, 400]);
    expect(await read("oauth.device-grant")).toMatchObject({ set: false, history: [] });
  });
});
