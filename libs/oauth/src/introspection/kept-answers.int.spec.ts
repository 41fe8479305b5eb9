// Real: SQLite event store, deciders, keyring, issuance writer. Fake: clock, security log, a keyring that can't be read.
import { decodeProtectedHeader } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EventStoreUnavailable } from "@grantline/event-store";
import { resourceStreamId, type OAuthContext } from "../context/index.ts";
import { aClient, aGrant, aResource, aSubject, basic, META, openWorld, send, VERIFIER, type World } from "../testing/world.ts";
import { sha256 } from "../tokens/index.ts";
import { tokenEndpoints } from "../token/index.ts";
import { introspectionEndpoints } from "./index.ts";

const MCP = "https://mcp.test/mcp";
let world: World;
/** How often the caller had to prove itself: an answer that was kept costs nothing. */
let judged = 0;
let unreadable = false;
let look: (token: unknown, headers?: Record<string, string>) => Promise<unknown>;

beforeEach(async () => {
  world = await openWorld();
  await aResource(world, MCP, { tokenPolicy: { format: "jwt" } });
  await aClient(world, "app");
  await aClient(world, "job", { secret: "s" });
  await aClient(world, "rs", { secret: "s" });
  await aClient(world, "named", { secret: "s", settings: { introspects: [resourceStreamId(MCP)] } });
  await aSubject(world, "alice");
  judged = 0;
  const { directory, signer } = world.context;
  const context: OAuthContext = {
    ...world.context,
    directory: { find: (id) => ((judged += 1), directory.find(id)) },
    signer: { ...signer, current: () => (unreadable ? Promise.reject(new EventStoreUnavailable("away")) : signer.current()) },
  };
  const endpoints = introspectionEndpoints(context);
  look = async (token, headers = basic("rs", "s")) => {
    const answer = await send(endpoints, "/oauth/introspect", { token: String(token) }, headers);
    return answer.status === 200 ? answer.body["active"] : answer.reason;
  };
});
afterEach(async () => {
  unreadable = false;
  await world.close();
});

const token = async (fields: Record<string, string>, headers = {}): Promise<string> =>
  String((await send(tokenEndpoints(world.context), "/oauth/token", fields, headers)).body["access_token"]);
const machine = (): Promise<string> => token({ grant_type: "client_credentials", resource: MCP, scope: "read" }, basic("job", "s"));
const person = async (): Promise<string> => {
  const { code } = await aGrant(world, { resources: { [MCP]: ["read"] }, sessionId: "session-1" });
  return token({ grant_type: "authorization_code", client_id: "app", code, code_verifier: VERIFIER });
};

/** The token, asked about twice: the second answer is the kept one. */
async function kept(value: Promise<string>, headers?: Record<string, string>): Promise<string> {
  const asked = await value;
  expect([await look(asked, headers), await look(asked, headers)]).toEqual([true, true]);
  expect(judged).toBe(1);
  return asked;
}

describe("a kept answer is not given again", () => {
  const now = 1;
  const changes: Record<string, { of: "machine" | "person"; do: (asked: string) => Promise<unknown>; then: unknown }> = {
    "after the token's client was suspended": {
      of: "machine",
      do: () => world.context.clients.execute("job", { kind: "suspend", now, reason: "x" }, META),
      then: false,
    },
    "after all of the client was revoked": {
      of: "person",
      do: () => world.context.clients.execute("app", { kind: "revoke-all", now, reason: "x" }, META),
      then: false,
    },
    "after the person was disabled": {
      of: "person",
      do: () => world.context.subjects.execute("alice", { kind: "disable", now, reason: "x" }, META),
      then: false,
    },
    "after the login session ended": {
      of: "person",
      do: () => world.context.subjects.execute("alice", { kind: "end-session", now, sessionId: "session-1", reason: "logout" }, META),
      then: false,
    },
    "after the resource was removed": {
      of: "machine",
      do: () => world.context.resources.execute(resourceStreamId(MCP), { kind: "remove", now }, META),
      then: false,
    },
    "after this very token was revoked": {
      of: "machine",
      do: (asked) => {
        const { jti } = JSON.parse(Buffer.from(asked.split(".")[1] ?? "", "base64url").toString()) as { jti: string };
        return world.context.tokens.execute(jti, { kind: "revoke", now, jti, clientId: "job", exp: 2, reason: "token-revocation" }, META);
      },
      then: false,
    },
    "after the key that signed it was compromised": {
      of: "person",
      do: (asked) => world.keyring.compromise(String(decodeProtectedHeader(asked).kid), "leaked"),
      then: false,
    },
    "after the caller was suspended": {
      of: "machine",
      do: () => world.context.clients.execute("rs", { kind: "suspend", now, reason: "x" }, META),
      then: "client-suspended",
    },
    "after the caller's secret was replaced": {
      of: "machine",
      do: () =>
        world.context.clients.execute(
          "rs",
          { kind: "rotate-secret", now, secret: { id: "s2", hash: sha256("t"), issuedAt: now }, overlapEndsAt: now },
          META,
        ),
      then: "client-secret-wrong",
    },
  };
  for (const [when, change] of Object.entries(changes)) {
    it(when, async () => {
      const asked = await kept(change.of === "machine" ? machine() : person());
      await change.do(asked);
      expect(await look(asked)).toBe(change.then);
    });
  }

  it("once the token has ended", async () => {
    const asked = await kept(machine());
    world.clock.time += 3_600;
    expect(await look(asked)).toBe(false);
  });

  it("once the overlap of the caller's former secret has ended", async () => {
    const overlapEndsAt = world.clock.time + 60;
    const secret = { id: "s2", hash: sha256("t"), issuedAt: 1 };
    await world.context.clients.execute("rs", { kind: "rotate-secret", now: 1, secret, overlapEndsAt }, META);
    const asked = await kept(machine());
    world.clock.time = overlapEndsAt;
    expect(await look(asked)).toBe("client-secret-wrong");
    expect(await look(asked, basic("rs", "t"))).toBe(true);
  });

  it("to another caller, nor for another secret of the same", async () => {
    const asked = await kept(machine());
    expect(await look(asked, basic("job", "s"))).toBe(false);
    expect(await look(asked, basic("rs", "wrong"))).toBe("client-secret-wrong");
  });

  it("after the operator took the resource away from the caller", async () => {
    const asked = await kept(machine(), basic("named", "s"));
    const { state } = await world.context.clients.load("named");
    if (state.status !== "active") throw new Error("gone");
    const { metadata } = state;
    await world.context.clients.execute("named", { kind: "update", now, metadata, settings: {}, documentHash: "other" }, META);
    expect(await look(asked, basic("named", "s"))).toBe(false);
  });

  it("while the keyring can't be read; that is a failure of this one request and of nothing else", async () => {
    const asked = await kept(machine());
    const floating: unknown[] = [];
    const note = (error: unknown): void => void floating.push(error);
    process.on("unhandledRejection", note);
    unreadable = true;
    await expect(look(asked)).rejects.toThrow("away");
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    expect(floating).toEqual([]);
    unreadable = false;
    expect(await look(asked)).toBe(true);
  });
});
