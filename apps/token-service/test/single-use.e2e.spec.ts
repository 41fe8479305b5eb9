/*
 * P2, P3, P4 over three token-services. Real: the services as processes, PostgreSQL, Redis, HTTP to each instance. Made: nothing.
 * What all clients saw is judged at the end by the checker (tools/history-checker).
 */
import { authorizationUrl, decideDevice, obtainCode, obtainTokens, pkce, register, type Registered } from "@grantline/testing";
import { digest, History, historyChecker, violationsOf, type OpResult } from "@grantline/testing/history";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Reply } from "./support/instance.ts";
import { answerOf, claimsOf, grantOf, nameOf } from "./support/tokens.ts";
import { CALLBACK, JWT, noEngines, OPAQUE, startWorld, typesOf, type World } from "./support/world.ts";

const RACERS = Array.from({ length: 50 }, (_, n) => n);
const checker = await historyChecker();
const history = new History();
let world: World;

const told = (reply: Reply): OpResult => {
  if (reply.status === 200) return { status: "ok", next: digest(reply.body["refresh_token"]), answer: answerOf(reply) };
  if (reply.status === 400 && reply.body["error"] === "invalid_grant") return { status: "refused" };
  throw new Error(`unexpected answer: ${reply.status} ${JSON.stringify(reply.body)}`);
};
const count = (values: readonly unknown[], wanted: unknown): number => values.filter((value) => value === wanted).length;
const statuses = (replies: readonly Reply[]): readonly number[] => replies.map(({ status }) => status);

describe.skipIf(noEngines)("needs PostgreSQL and Redis: 50 racers over three token-services", () => {
  beforeAll(async () => {
    world = await startWorld();
  }, 240_000);
  afterAll(() => world?.stop());

  const options = (client: Registered, resource: string) => ({ issuer: world.issuer, client, scope: "read", resource });
  /** Each racer at its instance; all answers arrive. */
  const race = async (op: "redeem" | "refresh", value: string, form: Readonly<Record<string, string>>, window: "open" | "closed") =>
    (await Promise.all(
      RACERS.map((client) =>
        history.record(
          { client, op, key: `grant:${grantOf(value)}`, args: { value: digest(value), window } },
          () => world.instance(client).token(form),
          told,
        ),
      ),
    )) as readonly Reply[];
  const refreshForm = (refresh_token: string, { client_id }: Registered) => ({ grant_type: "refresh_token", refresh_token, client_id });

  async function family(client: Registered, resource: string): Promise<string> {
    const { refresh_token = "" } = await obtainTokens(world.person(), options(client, resource));
    await history.record(
      { client: 0, op: "issue", key: `grant:${grantOf(refresh_token)}`, args: { value: digest(refresh_token) } },
      async () => ({}),
      () => ({ status: "ok" }),
    );
    return refresh_token;
  }

  async function activeEverywhere(resource: typeof JWT | typeof OPAQUE, token: unknown, grant: string): Promise<readonly boolean[]> {
    return Promise.all(
      world.instances.map(async (at, client) => {
        const asked = { client, op: "validate", key: `grant:${grant}`, args: { token: nameOf(token) } } as const;
        const answer = await history.record(
          asked,
          () => at.active(world.rs[resource], String(token)),
          (active) => ({ status: active ? "active" : "inactive" }),
        );
        return answer as boolean;
      }),
    );
  }

  it.each([JWT, OPAQUE] as const)(
    "of 50 redemptions of a code one succeeds, and its tokens are dead everywhere afterwards: %s (P2, P3)",
    async (resource) => {
      const { code, verifier } = await obtainCode(world.person(), options(world.app, resource));
      const form = {
        grant_type: "authorization_code",
        code,
        code_verifier: verifier,
        redirect_uri: CALLBACK,
        client_id: world.app.client_id,
      };
      const replies = await race("redeem", code, form, "closed");
      expect([count(statuses(replies), 200), count(statuses(replies), 400)]).toEqual([1, 49]);
      const token = replies.find(({ status }) => status === 200)?.body["access_token"];
      expect(await activeEverywhere(resource, token, grantOf(code))).toEqual([false, false, false]);
      const types = await typesOf(world, `grant-${grantOf(code)}`);
      expect([count(types, "CodeRedeemed"), count(types, "GrantRevoked")]).toEqual([1, 1]);
    },
  );

  it.each([JWT, OPAQUE] as const)(
    "50 uses of a refresh token inside the retry window get one answer, from one rotation: %s (P4)",
    async (resource) => {
      const first = await family(world.app, resource);
      const replies = await race("refresh", first, refreshForm(first, world.app), "open");
      expect(statuses(replies)).toEqual(RACERS.map(() => 200));
      expect(new Set(replies.map(answerOf)).size).toBe(1);
      const types = await typesOf(world, `grant-${grantOf(first)}`);
      expect([count(types, "RefreshTokenRotated"), count(types, "GrantRevoked")]).toEqual([1, 0]);
      expect(count(types, "RefreshRetried")).toBeLessThan(2);
      expect(await activeEverywhere(resource, replies[0]?.body["access_token"], grantOf(first))).toEqual([true, true, true]);
      const next = String(replies[0]?.body["refresh_token"]);
      const again = await race("refresh", next, refreshForm(next, world.app), "open");
      expect([count(statuses(again), 200), new Set(again.map(answerOf)).size]).toEqual([50, 1]);
      if (resource === JWT)
        expect(claimsOf(again[0]?.body["access_token"])["jti"]).not.toBe(claimsOf(replies[0]?.body["access_token"])["jti"]);
    },
  );

  it("of 50 uses of a refresh token without a window one succeeds, one successor is made, and the family is over (P2, P3)", async () => {
    const first = await family(world.strict, OPAQUE);
    const replies = await race("refresh", first, refreshForm(first, world.strict), "closed");
    expect([count(statuses(replies), 200), count(statuses(replies), 400)]).toEqual([1, 49]);
    const won = replies.find(({ status }) => status === 200);
    expect(await activeEverywhere(OPAQUE, won?.body["access_token"], grantOf(first))).toEqual([false, false, false]);
    expect(count(await typesOf(world, `grant-${grantOf(first)}`), "RefreshTokenRotated")).toBe(1);
    const successor = String(won?.body["refresh_token"]);
    const late = await race("refresh", successor, refreshForm(successor, world.strict), "closed");
    expect(count(statuses(late), 400)).toBe(50);
  });

  it("of 50 polls with one allowed device code one gets tokens, and they live everywhere (P2)", async () => {
    const grant = "urn:ietf:params:oauth:grant-type:device_code";
    const { client_id } = await register(world.issuer, { grant_types: ["authorization_code", "refresh_token", grant] });
    const { body } = await world.instance(0).post("/oauth/device_authorization", { client_id, scope: "read", resource: OPAQUE });
    const form = { grant_type: grant, client_id, device_code: String(body["device_code"]) };
    expect((await world.instance(1).token(form)).body["error"]).toBe("authorization_pending");
    await decideDevice(world.person(), { issuer: world.issuer, userCode: String(body["user_code"]) });
    const replies = await Promise.all(
      RACERS.map((client) =>
        history.record(
          { client, op: "use", key: "once:device" },
          () => world.instance(client).token(form),
          ({ status }) => ({ status: status === 200 ? "ok" : "refused" }),
        ),
      ),
    );
    expect([count(statuses(replies as readonly Reply[]), 200), count(statuses(replies as readonly Reply[]), 400)]).toEqual([1, 49]);
    const token = replies.find((reply) => reply?.status === 200)?.body["access_token"];
    expect(await Promise.all(world.instances.map((at) => at.active(world.rs[OPAQUE], String(token))))).toEqual([true, true, true]);
  });

  it("of 50 uses of one pushed request one leads to a code (P2)", async () => {
    const person = world.person();
    await obtainCode(person, options(world.app, OPAQUE));
    const query = new URL(authorizationUrl(options(world.app, OPAQUE), pkce().challenge)).searchParams;
    const { body } = await world.instance(0).post("/oauth/par", Object.fromEntries(query));
    const request_uri = String(body["request_uri"]);
    const url = `${world.issuer}/authorize?${new URLSearchParams({ client_id: world.app.client_id, request_uri })}`;
    expect(await usedOnce("once:par", () => person.open(url))).toBe(1);
  });

  it("of 50 answers to one consent page one leads to a code (P2)", async () => {
    const person = world.person();
    const url = authorizationUrl({ ...options(world.app, OPAQUE), more: { prompt: "consent" } }, pkce().challenge);
    const page = await person.submit(await person.open(url), "login-form", { username: "demo", password: "demo" });
    if (page.kind !== "page") throw new Error("expected the consent page");
    const decision = /<button[^>]*id="consent-allow"[^>]*>/.exec(page.html)?.[0] ?? "";
    const [name, value] = [/name="([^"]+)"/.exec(decision)?.[1] ?? "", /value="([^"]+)"/.exec(decision)?.[1] ?? ""];
    expect(await usedOnce("once:consent", () => person.submit(page, "consent-form", { [name]: value }))).toBe(1);
  });

  /** How many of 50, handed to the instances in turn by the front, came back with a code. */
  async function usedOnce(key: string, use: () => ReturnType<ReturnType<World["person"]>["open"]>): Promise<number> {
    const codes = await Promise.all(
      RACERS.map(async (client) => {
        const got = await history.record({ client, op: "use", key }, use, (step) => ({ status: codeIn(step) === null ? "refused" : "ok" }));
        return got === undefined ? null : codeIn(got);
      }),
    );
    return codes.filter((code) => code !== null).length;
  }

  it.skipIf(checker === undefined)("needs Go: the checker finds an order for everything that was answered", async () => {
    expect(history.operations.length).toBeGreaterThan(450);
    expect(history.operations.filter((operation) => "unknown" in operation)).toEqual([]);
    expect(await violationsOf(checker as string, history.operations)).toEqual([]);
  });
});

function codeIn(step: Awaited<ReturnType<ReturnType<World["person"]>["open"]>>): string | null {
  return step.kind === "callback" ? step.url.searchParams.get("code") : null;
}
