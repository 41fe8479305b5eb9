// Real: HTTP, the whole server, SQLite event store and read model, keys. Fake: nothing.
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestPlatform, type TestPlatform } from "@grantline/testing";

interface Event {
  readonly position: string;
  readonly hash: string;
  readonly stream: string;
  readonly type: string;
  readonly revision: number;
  readonly meta: { readonly actor: object };
}
interface Page {
  readonly items: readonly Event[];
  readonly next_position?: string;
  readonly next_revision?: number;
}
let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform();
  for (let n = 0; n < 5; n += 1) await platform.admin.resource(`https://mcp.example/${n}`, ["read"]);
});
afterAll(() => platform.close());

const events = (query = "") => platform.admin.call<Page>("GET", `/events${query}`);
const status = async (method: string, path: string, body?: object) => (await platform.admin.raw(method, path, body)).status;

describe("the event log", () => {
  it("is read in order of position, page by page, none left out", async () => {
    const seen: Event[] = [];
    for (let after = "0"; ;) {
      const page = await events(`?limit=3&after=${after}`);
      if (page.items.length === 0) break;
      seen.push(...page.items);
      after = page.next_position ?? "0";
    }
    // The token this very test takes is in the log too.
    const head = await events(`?limit=1000`);
    expect(seen.map(({ position }) => position)).toEqual(head.items.map(({ position }) => position));
    expect(new Set(seen.map(({ position }) => position)).size).toBe(seen.length);
  });

  it("is filtered by type and by the beginning of the stream", async () => {
    expect((await events("?type=ResourceRegistered")).items).toHaveLength(7);
    expect((await events("?stream_prefix=resource-&type=ScopesDefined&limit=2")).items).toHaveLength(2);
    expect((await events("?type=Nothing")).items).toEqual([]);
  });

  it("says where to go on after a filtered page", async () => {
    const seen: string[] = [];
    for (let after = "0", full = true; full;) {
      const page = await events(`?type=ResourceRegistered&limit=2&after=${after}`);
      seen.push(...page.items.map(({ stream }) => stream));
      full = page.items.length === 2;
      after = page.next_position ?? "0";
    }
    expect(new Set(seen).size).toBe(7);
  });

  it("is read by stream, each event with the hash that chains it to the one before (P10)", async () => {
    const first = await events("?stream=client-grantline-admin&limit=1");
    const rest = await events(`?stream=client-grantline-admin&from_revision=${first.next_revision}`);
    const all = [...first.items, ...rest.items];
    expect(all.map(({ type }) => type)).toEqual(["ClientRegistered", "ClientSecretIssued"]);
    expect(all[0]?.meta.actor).toEqual({ kind: "system", id: "bootstrap" });
    const [stored] = await platform.context.store.readStream("client-grantline-admin", 0, 1);
    expect(
      createHash("sha256")
        .update(stored?.body ?? "")
        .digest("base64url"),
    ).toBe(all[0]?.hash);
    expect((await events("?stream=client-nobody")).items).toEqual([]);
  });

  it("is not asked for without bounds (M-08)", async () => {
    for (const query of ["?limit=1001", "?limit=0", "?after=-1", "?after=x", "?type=a*", "?stream=../x", "?sort=at"])
      expect([query, await status("GET", `/events${query}`)]).toEqual([query, 400]);
  });

  it("is only read: nothing changes an event (M-09)", async () => {
    for (const method of ["POST", "PUT", "PATCH", "DELETE"])
      expect([404, 405]).toContain(await status(method, "/events", method === "DELETE" ? undefined : {}));
  });
});

describe("the state of the service", () => {
  it("is shown", async () => {
    expect(await platform.admin.call("GET", "/status")).toMatchObject({
      issuer: platform.issuer,
      production: false,
      head: expect.any(String) as string,
      projector: { projections: expect.any(Array) as unknown[] },
    });
  });

  it("includes parked events, which can be tried again (P11)", async () => {
    expect(await platform.admin.call("GET", "/parked-events")).toEqual({ items: [], total: 0 });
    expect(await platform.admin.call("POST", "/parked-events/retry")).toEqual({ freed: 0 });
  });
});

describe("signing keys", () => {
  const keys = async () =>
    (await platform.admin.call<{ items: { kid: string; alg: string; status: string; public_jwk: object }[] }>("GET", "/keys")).items;

  it("are listed by their public parts", async () => {
    const [key] = await keys();
    expect(key).toMatchObject({ status: "active", alg: "ES256", public_jwk: { kty: "EC" } });
    expect(JSON.stringify(await keys())).not.toContain('"d"');
  });

  it("are rotated, the old one staying published", async () => {
    const [old] = await keys();
    const fresh = await platform.admin.call<{ kid: string }>("POST", "/keys/rotate");
    expect(fresh).toMatchObject({ alg: "ES256", status: "active" });
    expect((await keys()).find(({ kid }) => kid === old?.kid)).toMatchObject({ status: "retired" });
    const jwks = (await (await fetch(`${platform.issuer}/jwks`)).json()) as { keys: { kid: string }[] };
    expect(jwks.keys.map(({ kid }) => kid).toSorted()).toEqual(expect.arrayContaining([fresh.kid, old?.kid].toSorted()) as string[]);
    expect(await status("POST", "/keys/rotate", { alg: "HS256" })).toBe(400);
  });

  it("are taken out at once when compromised, with what they signed", async () => {
    const active = (await keys()).find((key) => key.status === "active");
    expect(await status("POST", `/keys/${active?.kid}/compromise`, {})).toBe(400);
    // The admin token of this suite may be one it signed: read on with a fresh one.
    expect(await status("POST", `/keys/${active?.kid}/compromise`, { reason: "lost laptop" })).toBe(200);
    const jwks = (await (await fetch(`${platform.issuer}/jwks`)).json()) as { keys: { kid: string }[] };
    expect(jwks.keys.map(({ kid }) => kid)).not.toContain(active?.kid);
    expect(await status("POST", "/keys/nothing/compromise", { reason: "x" })).toBe(404);
  });
});
