/*
 * P6 in the distributed shape, by the server in this process. Real: HTTP, PostgreSQL, Redis, which forgets everything while it is served from. Made: nothing.
 */
import {
  introspect,
  keptBy,
  obtainTokens,
  onSharedEngines,
  postForm,
  refresh,
  register,
  startTestPlatform,
  type Kept,
  type TestPlatform,
} from "@grantline/testing";
import type { Projector } from "@grantline/read-model";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const RESOURCE = "https://disposable.example/mcp";

describe.runIf(onSharedEngines)("read models in Redis are disposable (P6)", () => {
  let server: TestPlatform;
  let kept: Kept;
  let rs: { client_id: string; client_secret: string };
  let alive: string;
  let dead: string;

  beforeAll(async () => {
    server = await startTestPlatform();
    kept = await keptBy(server.dataDir);
    rs = await server.admin.resource(RESOURCE, ["read"]);
    const logIn = async (name: string) => {
      const client = await register(server.issuer, { client_name: name });
      return { client, tokens: await obtainTokens(server.person(), { issuer: server.issuer, client, scope: "read", resource: RESOURCE }) };
    };
    const [stays, goes] = [await logIn("Stays"), await logIn("Goes")];
    await refresh(server.issuer, stays.client, stays.tokens.refresh_token as string);
    await postForm(`${server.issuer}/revoke`, { token: goes.tokens.refresh_token, client_id: goes.client.client_id });
    [alive, dead] = [stays.tokens.access_token, goes.tokens.access_token];
  });
  afterAll(() => server.close());

  /** Every listing, byte for byte as it is served; undefined while it says that it is behind. */
  async function listings(): Promise<string | undefined> {
    const paths = ["/grants", "/clients", "/resources", "/subjects"];
    const answers = await Promise.all(paths.map((path) => server.admin.raw("GET", path)));
    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    if (answers.some(({ status }) => status === 503)) return undefined;
    return bodies.join("\n");
  }

  it("forgotten again and again while serving: no wrong answer about a token, and the listings end byte-identical", async () => {
    const before = await listings();
    expect(before).toContain("Stays");
    for (let round = 0; round < 10; round++) {
      await kept.loseDisposable();
      expect([round, (await introspect(server.issuer, rs, alive)).active]).toEqual([round, true]);
      expect([round, await introspect(server.issuer, rs, dead)]).toEqual([round, { active: false }]);
    }
    await expect.poll(listings, { timeout: 20_000 }).toBe(before);
  });

  it("rebuilt while serving they end byte-identical, and no answer is wrong meanwhile", async () => {
    const before = await listings();
    let over = false;
    const wrong: unknown[] = [];
    const watching = (async () => {
      while (!over) {
        if ((await introspect(server.issuer, rs, alive)).active !== true) wrong.push("inactive");
        if ((await introspect(server.issuer, rs, dead)).active !== false) wrong.push("active");
        if ((await listings()) !== before) wrong.push("listing");
      }
    })();
    for (let round = 0; round < 3; round++) await (server.context.projector as Projector).rebuild();
    over = true;
    await watching;
    expect(wrong).toEqual([]);
    expect(await listings()).toBe(before);
  });
});
