// Real: SQLite event store, deciders, keyring, issuance writer. Fake: clock, security log.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { resourceStreamId, type OAuthContext } from "../context/index.ts";
import { aClient, aResource, basic, META, openWorld, send, type World } from "../testing/world.ts";
import { sha256 } from "../tokens/index.ts";
import { tokenEndpoints } from "./index.ts";

const MCP = "https://mcp.test/mcp";
const now = 1;
let world: World;
/** How often the client had to prove itself: what was kept asks for no proof. */
let judged = 0;
let ask: (
  fields?: Record<string, string>,
  headers?: Record<string, string>,
) => Promise<{ readonly token: string; readonly outcome: unknown }>;

beforeEach(async () => {
  world = await openWorld();
  await aResource(world, MCP);
  await aClient(world, "job", { secret: "s" });
  judged = 0;
  const { directory } = world.context;
  const context: OAuthContext = { ...world.context, directory: { find: (id) => ((judged += 1), directory.find(id)) } };
  const endpoints = tokenEndpoints(context);
  ask = async (fields = {}, headers = basic("job", "s")) => {
    const answer = await send(
      endpoints,
      "/oauth/token",
      { grant_type: "client_credentials", resource: MCP, scope: "read", ...fields },
      headers,
    );
    return { token: String(answer.body?.["access_token"]), outcome: answer.status === 200 ? answer.body["scope"] : answer.reason };
  };
});
afterEach(() => world.close());

/** Asked twice: the second time by what was kept. */
async function kept(): Promise<readonly string[]> {
  const answers = [await ask(), await ask()];
  expect(answers.map(({ outcome }) => outcome)).toEqual(["read", "read"]);
  expect(judged).toBe(1);
  return answers.map(({ token }) => token);
}

describe("what a client may have for itself is judged once", () => {
  it("and every request still gets a token of its own", async () => {
    const [first, second] = await kept();
    expect(first).not.toBe(second);
  });

  const client = (command: Parameters<World["context"]["clients"]["execute"]>[1]) => () =>
    world.context.clients.execute("job", command, META);
  const resource = (command: Parameters<World["context"]["resources"]["execute"]>[1]) => () =>
    world.context.resources.execute(resourceStreamId(MCP), command, META);
  const changes: Record<string, { do: () => Promise<unknown>; then: unknown }> = {
    "the client was suspended": { do: client({ kind: "suspend", now, reason: "x" }), then: "client-suspended" },
    "its secret was replaced": {
      do: client({ kind: "rotate-secret", now, secret: { id: "s2", hash: sha256("t"), issuedAt: now }, overlapEndsAt: now }),
      then: "client-secret-wrong",
    },
    "the resource was removed": { do: resource({ kind: "remove", now }), then: "resource-unknown" },
    "the resource's access policy shut it out": {
      do: resource({ kind: "set-access-policy", now, policy: { rules: [] } }),
      then: "scope-not-allowed",
    },
  };
  for (const [what, change] of Object.entries(changes)) {
    it(`until ${what}`, async () => {
      await kept();
      await change.do();
      expect((await ask()).outcome).toBe(change.then);
    });
  }

  it("until the overlap of its former secret has ended", async () => {
    const overlapEndsAt = world.clock.time + 60;
    const secret = { id: "s2", hash: sha256("t"), issuedAt: now };
    await world.context.clients.execute("job", { kind: "rotate-secret", now, secret, overlapEndsAt }, META);
    await kept();
    world.clock.time = overlapEndsAt;
    expect((await ask()).outcome).toBe("client-secret-wrong");
    expect((await ask({}, basic("job", "t"))).outcome).toBe("read");
  });

  it("for this very question alone: another secret, another scope and a refusal are judged", async () => {
    await kept();
    expect((await ask({}, basic("job", "wrong"))).outcome).toBe("client-secret-wrong");
    expect((await ask({ scope: "nothing" })).outcome).toBe("scope-unknown");
    expect((await ask({ scope: "nothing" })).outcome).toBe("scope-unknown");
    expect(judged).toBe(4);
  });

  it("but each time where requests are counted", async () => {
    await aClient(world, "counted", { secret: "s", settings: { requestsPerMinute: 2 } });
    const asked = async () => (await ask({}, basic("counted", "s"))).outcome;
    expect([await asked(), await asked(), await asked()]).toEqual(["read", "read", "rate-limited"]);
  });
});
