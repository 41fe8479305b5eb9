/*
 * P13. Real: the whole server over HTTP, the log. Made: the addresses, by X-Forwarded-For from a trusted proxy.
 */
import { basic, obtainCode, postForm, startTestPlatform, type Registered, type TestPlatform } from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventsIn } from "../support/event-log.ts";
import { publishDocument, REDIRECT_URI } from "../support/registrations.ts";

const ATTEMPTS = 10_000;
const BYTES_PER_MINUTE = 65_536;
let server: TestPlatform;

beforeAll(async () => {
  server = await startTestPlatform({
    env: { GRANTLINE_TRUSTED_PROXIES: "127.0.0.1,::1,::ffff:127.0.0.1", GRANTLINE_LIMIT_ANONYMOUS_WRITES: "20" },
  });
});
afterAll(() => server.close());

const address = (index: number): string => `198.${18 + (index & 1)}.${(index >> 1) & 255}.${(index >> 9) & 255}`;

/** Many at a time, as an attacker would. */
async function flood(attempts: number, attempt: (index: number) => Promise<Response>): Promise<ReadonlyMap<number, number>> {
  const statuses = new Map<number, number>();
  let next = 0;
  await Promise.all(
    Array.from({ length: 64 }, async () => {
      while (next < attempts) {
        const response = await attempt(next++);
        await response.body?.cancel();
        statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      }
    }),
  );
  return statuses;
}

describe("strangers can't grow the log (P13)", () => {
  it(`${ATTEMPTS} failed authentications from 10,000 addresses add no more bytes than the budget of their minutes, and all are counted`, async () => {
    const machine = await server.admin.machine();
    const before = (await eventsIn(server.dataDir)).length;
    const startedMs = Date.now();
    const statuses = await flood(ATTEMPTS, (index) =>
      postForm(
        `${server.issuer}/token`,
        { grant_type: "client_credentials" },
        {
          authorization: basic(index % 3 === 0 ? machine.client_id : `made-up-${index}`, `wrong-${index}`),
          "x-forwarded-for": address(index),
        },
      ),
    );
    expect([...statuses.keys()].sort()).toEqual([401]);
    await (server.context.security as typeof server.context.security & { flush(): Promise<void> }).flush();
    const minutes = Math.ceil((Date.now() - startedMs) / 60_000) + 1;
    const added = (await eventsIn(server.dataDir)).slice(before);
    const bytes = added.reduce((sum, { body }) => sum + body.length, 0);
    expect(added.every(({ stream }) => stream.startsWith("security-"))).toBe(true);
    expect(bytes).toBeLessThan(minutes * BYTES_PER_MINUTE * 1.25);
    expect(added.length).toBeLessThan(minutes * 150);
    expect(added.reduce((sum, { data }) => sum + (data["count"] as number), 0)).toBe(ATTEMPTS);
  }, 120_000);

  it("requests that are no requests, unknown paths and made-up tokens add nothing but counts", async () => {
    const before = (await eventsIn(server.dataDir)).length;
    await flood(500, (index) => {
      const headers = { "x-forwarded-for": address(index) };
      if (index % 4 === 0)
        return fetch(`${server.issuer}/authorize?client_id=nobody-${index}&redirect_uri=https://evil.example`, { headers });
      if (index % 4 === 1)
        return fetch(`${server.origin}/admin/v1/clients`, { headers: { ...headers, authorization: `Bearer made.up.${index}` } });
      if (index % 4 === 2)
        return postForm(
          `${server.issuer}/token`,
          { grant_type: "refresh_token", refresh_token: `gl_rt_${index}`, client_id: "nobody" },
          headers,
        );
      return fetch(`${server.origin}/nothing-here-${index}`, { headers });
    });
    await (server.context.security as typeof server.context.security & { flush(): Promise<void> }).flush();
    const added = (await eventsIn(server.dataDir)).slice(before);
    expect(added.filter(({ stream }) => !stream.startsWith("security-"))).toEqual([]);
    expect(added.length).toBeLessThan(300);
  });

  it("registrations have a quota per address, and those beyond it leave no event but a count", async () => {
    const before = (await eventsIn(server.dataDir, "client-")).length;
    const statuses = await flood(200, () =>
      fetch(`${server.issuer}/register`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-forwarded-for": "203.0.113.7" },
        body: JSON.stringify({ redirect_uris: ["https://client.example/callback"], token_endpoint_auth_method: "none" }),
      }),
    );
    expect(statuses.get(201)).toBe(20);
    expect(statuses.get(429)).toBe(180);
    const registered = (await eventsIn(server.dataDir, "client-")).slice(before);
    expect(registered.filter(({ type }) => type === "ClientRegistered")).toHaveLength(20);
  });

  it("a client known by its metadata document has no stream before its first grant, whatever it asks", async () => {
    const document = await publishDocument();
    try {
      await server.admin.resource("https://document.example/mcp", ["read"]);
      const before = await server.context.store.head();
      const client = { client_id: document.url } as Registered;
      const person = server.person();
      const query = new URLSearchParams({
        response_type: "code",
        client_id: document.url,
        redirect_uri: REDIRECT_URI,
        code_challenge: "c".repeat(43),
        code_challenge_method: "S256",
        scope: "read",
        resource: "https://document.example/mcp",
        state: "s",
      });
      for (let tries = 0; tries < 20; tries++) await person.open(`${server.issuer}/authorize?${query}`);
      await postForm(`${server.issuer}/par`, Object.fromEntries(query));
      expect((await server.context.store.readAll(before, 100)).filter(({ stream }) => !stream.startsWith("security-"))).toEqual([]);
      await obtainCode(person, {
        issuer: server.issuer,
        client,
        scope: "read",
        resource: "https://document.example/mcp",
        redirectUri: REDIRECT_URI,
      });
      const written = await server.context.store.readAll(before, 100);
      expect(written.filter(({ type }) => type === "ClientRegistered")).toHaveLength(1);
      expect(written.some(({ type }) => type === "GrantAuthorized")).toBe(true);
    } finally {
      await document.close();
    }
  });
});
