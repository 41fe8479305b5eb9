// Real: SQLite event store, stream runtime, every decider. Fake: the clock; a store cut off at a position, for comparison.
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { clientDecider } from "@grantline/domain/client";
import { consentDecider } from "@grantline/domain/consent";
import { grantDecider, standingLost, type GrantState } from "@grantline/domain/grant";
import { resourceDecider } from "@grantline/domain/resource";
import { subjectDecider } from "@grantline/domain/subject";
import { comparePositions, createStreamRuntime, parseEvent, type EventStore } from "@grantline/event-store";
import { currentStanding } from "@grantline/oauth/standing";
import { consentStreamId, resourceStreamId } from "@grantline/oauth/context";
import { access, authorization, refresh } from "../../../domain/src/testing/grants.ts";
import { META, openRecordedLog, type RecordedLog } from "../fixtures/recorded-log.ts";
import { diffOf } from "./diff.ts";
import { momentNow, momentOf } from "./moment.ts";
import { foldState, type StateQuery } from "./state-at.ts";
import { viewOf } from "./view.ts";

const START = Date.parse("2026-03-01T00:00:00Z") / 1_000;
const URIS = ["https://notes.example/mcp", "https://mail.example/mcp"] as const;
const metadata = {
  redirect_uris: [],
  grant_types: [],
  response_types: [],
  token_endpoint_auth_method: "none",
  application_type: "web",
  client_name: "App",
} as const;

let world: Awaited<ReturnType<typeof openWorld>>;
afterEach(() => world.close());

async function openWorld() {
  const log: RecordedLog = await openRecordedLog();
  const clock = { time: START, now: () => clock.time };
  const runtimeOf = (store: EventStore) => {
    const runtime = createStreamRuntime({ store, clock, region: "eu1", service: "test" });
    return {
      grants: runtime.repository(grantDecider),
      clients: runtime.repository(clientDecider),
      resources: runtime.repository(resourceDecider),
      consents: runtime.repository(consentDecider),
      subjects: runtime.repository(subjectDecider),
    };
  };
  const own = runtimeOf(log.store);
  const now = () => clock.time;
  const does = {
    client: (id: string) =>
      own.clients.execute(
        id,
        { kind: "register", now: now(), event: { clientId: id, how: "admin", metadata, settings: {}, documentHash: "d" } },
        META,
      ),
    subject: (id: string) =>
      own.subjects.execute(id, { kind: "see", now: now(), subject: id, claims: "sealed", groups: [], changed: true }, META),
    resource: (uri: string) =>
      own.resources.execute(
        resourceStreamId(uri),
        {
          kind: "register",
          now: now(),
          resourceId: resourceStreamId(uri),
          uri,
          name: "R",
          clientId: "rs",
          scopes: [{ name: "read", description: "Read" }],
          policy: { rules: [] },
          tokenPolicy: {},
        },
        META,
      ),
    async grant(id: string, subject: string, clientId: string, uri: string) {
      const resource = resourceStreamId(uri);
      const stream = consentStreamId(subject, clientId);
      const { revision } = await own.consents.execute(
        stream,
        { kind: "grant", now: now(), subject, clientId, scopes: { [resource]: ["read"] }, remember: true },
        META,
      );
      const { generations } = await currentStanding(own, { clientId, subject, resourceIds: [resource] });
      const event = authorization({
        subject,
        clientId,
        sessionId: `session-${subject}`,
        resources: [{ id: resource, uri, scopes: ["read"] }],
        generations,
        absoluteExpiresAt: now() + 86_400,
        codeExpiresAt: now() + 60,
        consent: { stream: `consent-${stream}`, revision },
      });
      await own.grants.execute(id, { kind: "authorize", now: now(), event }, META);
    },
    async redeem(id: string) {
      const { state } = await own.grants.load(id);
      if (state.status !== "authorized") return;
      const standing = { generations: state.basis.generations, clientActive: true, subjectActive: true, sessionActive: true };
      const { redirectUri, hash: codeHash, challenge: verifierChallenge } = state.code;
      const [granted] = state.basis.resources;
      const token = access(0, { iat: now(), exp: now() + 900, resource: granted?.id ?? "", aud: granted?.uri ?? "" });
      await own.grants.execute(
        id,
        {
          kind: "redeem-code",
          now: now(),
          clientId: state.basis.clientId,
          codeHash,
          verifierChallenge,
          redirectUri,
          standing,
          access: token,
          refresh: refresh(0, { idleExpiresAt: now() + 7_200 }),
        },
        META,
      );
    },
    revoke: (id: string) => own.grants.execute(id, { kind: "revoke", now: now(), reason: "admin" }, META),
    withdraw: (subject: string, clientId: string) =>
      own.consents.execute(consentStreamId(subject, clientId), { kind: "withdraw", now: now() }, META),
    suspend: (id: string) => own.clients.execute(id, { kind: "suspend", now: now(), reason: "x" }, META),
    reinstate: (id: string) => own.clients.execute(id, { kind: "reinstate", now: now() }, META),
    disable: (id: string) => own.subjects.execute(id, { kind: "disable", now: now(), reason: "left" }, META),
    enable: (id: string) => own.subjects.execute(id, { kind: "enable", now: now() }, META),
    erase: (id: string) => own.subjects.execute(id, { kind: "erase", now: now() }, META),
    logout: (id: string) =>
      own.subjects.execute(id, { kind: "end-session", now: now(), sessionId: `session-${id}`, reason: "logout" }, META),
    revokeResource: (uri: string) => own.resources.execute(resourceStreamId(uri), { kind: "revoke-all", now: now(), reason: "x" }, META),
  };
  return { log, clock, does, runtimeOf, close: () => log.close() };
}

async function twoPeople() {
  world = await openWorld();
  const { does, clock } = world;
  await does.client("app");
  for (const uri of URIS) await does.resource(uri);
  for (const who of ["ada", "bob"]) await does.subject(who);
  clock.time += 60;
  await does.grant("ga", "ada", "app", URIS[0]);
  await does.redeem("ga");
  await does.grant("gb", "bob", "app", URIS[1]);
  await does.redeem("gb");
}

const at = async (moment: string, query: StateQuery = {}, ended = false) =>
  viewOf(await foldState(world.log.store, await momentOf(world.log.store, moment), query), { ended });

describe("the state at a moment", () => {
  it("says who could call a server, on whose consent, and by which events", async () => {
    await twoPeople();
    const { access: found } = await at("2026-03-01T00:10:00Z", { resource: URIS[0] });

    const events = await world.log.all();
    const positionOf = (stream: string, type: string) => events.find((each) => each.stream === stream && each.type === type)?.position;
    expect(found).toMatchObject([
      {
        kind: "grant",
        id: "ga",
        subject: "ada",
        client: { id: "app", name: "App" },
        resources: [{ uri: URIS[0], scopes: ["read"] }],
        since: "2026-03-01T00:01:00.000Z",
        could: true,
        consent: { stream: "consent-ada-app", revision: 0, position: positionOf("consent-ada-app", "ConsentGranted") },
      },
    ]);
    expect(found[0]?.because.map(({ type, position }) => [type, position])).toEqual([
      ["ConsentGranted", positionOf("consent-ada-app", "ConsentGranted")],
      ["GrantAuthorized", positionOf("grant-ga", "GrantAuthorized")],
      ["CodeRedeemed", positionOf("grant-ga", "CodeRedeemed")],
    ]);
  });

  it("is empty before anything, and knows what is over and why", async () => {
    await twoPeople();
    const { does, clock } = world;
    expect(await at("2026-02-01")).toMatchObject({ position: "0", access: [], clients: [] });
    const reasons: [() => Promise<unknown>, string, string][] = [
      [() => does.withdraw("ada", "app"), "consent-withdrawn", "ConsentWithdrawn"],
      [() => does.disable("bob"), "subject-barred", "SubjectDisabled"],
    ];
    for (const [act, why, type] of reasons) {
      clock.time += 60;
      await act();
      const last = (await world.log.all()).at(-1);
      const lost = (await at(last?.position ?? "", {}, true)).access.filter((entry) => entry.why === why);
      expect(lost).toHaveLength(1);
      expect(lost[0]?.because.at(-1)).toMatchObject({ type, position: last?.position });
    }
    expect((await at(new Date((clock.time + 60) * 1_000).toISOString())).access).toEqual([]);
  });

  it("counts an end that was reached though no event says so", async () => {
    await twoPeople();
    expect((await at("2026-03-01T02:00:59Z")).access).toHaveLength(2);
    expect((await at("2026-03-01T02:01:00Z")).access).toEqual([]);
    expect((await at("2026-03-01T02:01:00Z", {}, true)).access.map(({ why }) => why)).toEqual(["expired", "expired"]);
  });

  it("shows of an erased person that they were, and nothing else", async () => {
    await twoPeople();
    await world.does.erase("ada");
    const view = await at((await world.log.all()).at(-1)?.position ?? "", { subject: "ada" }, true);
    expect(view.subjects).toEqual([{ id: "ada", status: "erased", generation: 1 }]);
    expect(view.access).toMatchObject([{ id: "ga", could: false, why: "subject-barred" }]);
    expect(JSON.stringify(view)).not.toContain("sealed");
  });

  it("has the tokens of machines too, until they end or are revoked", async () => {
    world = await openWorld();
    const { log, does } = world;
    await does.client("robot");
    const token = (jti: string, exp: number) => ({
      type: "AccessTokenIssued",
      data: {
        clientId: "robot",
        sub: "robot",
        entity: "service",
        grantType: "client_credentials",
        access: { ...access(0), jti, exp, aud: URIS[0], resource: resourceStreamId(URIS[0]) },
        generations: { client: 0 },
      },
    });
    await log.append("issuance-w-2026030100", "2026-03-01T00:00:10.000Z", [
      token("j1", START + 900),
      token("j2", START + 900),
      token("j3", START + 60),
    ]);
    await log.append("token-j2", "2026-03-01T00:00:20.000Z", [
      { type: "AccessTokenRevoked", data: { jti: "j2", clientId: "robot", exp: START + 900, reason: "x" } },
    ]);
    const ids = async (moment: string) => (await at(moment, { resource: URIS[0] })).access.map(({ id }) => id);
    expect(await ids("2026-03-01T00:00:15Z")).toEqual(["j1", "j2", "j3"]);
    expect(await ids("2026-03-01T00:00:30Z")).toEqual(["j1", "j3"]);
    expect(await ids("2026-03-01T00:05:00Z")).toEqual(["j1"]);
    await does.suspend("robot");
    expect(await ids("2026-03-01T00:05:00Z")).toEqual([]);
  });

  it("is asked for by what there is", async () => {
    await twoPeople();
    await expect(momentOf(world.log.store, "999999")).rejects.toThrow("ends at");
    await expect(momentOf(world.log.store, "tomorrow")).rejects.toThrow("at: ");
    expect((await momentNow(world.log.store, START)).time).toBe("2026-03-01T00:00:00.000Z");
  });
});

describe("the difference of two moments", () => {
  it("says what came, what went, and by which events", async () => {
    await twoPeople();
    const middle = (await world.log.all()).at(-1)?.position ?? "";
    world.clock.time += 60;
    await world.does.grant("gc", "bob", "app", URIS[0]);
    await world.does.suspend("app");
    await world.does.reinstate("app");
    await world.does.grant("gd", "bob", "app", URIS[0]);
    const end = (await world.log.all()).at(-1)?.position ?? "";
    const diff = diffOf(await at(middle, {}, true), await at(end, {}, true));
    expect(diff.access.added.map(({ id }) => id)).toEqual(["gd"]);
    expect(diff.access.removed.map(({ id, why }) => [id, why])).toEqual([
      ["ga", "client-revoked"],
      ["gb", "client-revoked"],
    ]);
    expect(diff.access.removed[0]?.because.at(-1)).toMatchObject({ type: "ClientSuspended" });
    expect(diff.clients).toMatchObject({ added: [], removed: [], changed: [{ before: { generation: 0 }, after: { generation: 1 } }] });
    expect(diffOf(await at(end, {}, true), await at(end, {}, true)).access).toEqual({ added: [], removed: [], changed: [] });
  });
});

const person = fc.constantFrom("ada", "bob");
const app = fc.constantFrom("app", "bot");
const uri = fc.constantFrom(...URIS);
const grant = fc.constantFrom("g1", "g2", "g3", "g4");
type Step = (does: Awaited<ReturnType<typeof openWorld>>["does"]) => Promise<unknown>;
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(grant, person, app, uri).map(
      (all): Step =>
        (does) =>
          does.grant(...all),
    ),
  },
  {
    weight: 3,
    arbitrary: grant.map(
      (id): Step =>
        (does) =>
          does.redeem(id),
    ),
  },
  grant.map(
    (id): Step =>
      (does) =>
        does.revoke(id),
  ),
  fc.tuple(person, app).map(
    (all): Step =>
      (does) =>
        does.withdraw(...all),
  ),
  app.map(
    (id): Step =>
      (does) =>
        does.suspend(id),
  ),
  app.map(
    (id): Step =>
      (does) =>
        does.reinstate(id),
  ),
  person.map(
    (id): Step =>
      (does) =>
        does.disable(id),
  ),
  person.map(
    (id): Step =>
      (does) =>
        does.enable(id),
  ),
  person.map(
    (id): Step =>
      (does) =>
        does.logout(id),
  ),
  {
    weight: 1,
    arbitrary: person.map(
      (id): Step =>
        (does) =>
          does.erase(id),
    ),
  },
  uri.map(
    (id): Step =>
      (does) =>
        does.revokeResource(id),
  ),
);

describe("the state at any position", () => {
  it("is what a fresh fold of the log up to there comes to, as the server itself judges it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(step, fc.constantFrom(1, 30, 1_000)), { minLength: 5, maxLength: 25 }),
        fc.nat(),
        async (steps, where) => {
          world = await openWorld();
          const { does, clock, log } = world;
          for (const id of ["app", "bot"]) await does.client(id);
          for (const id of URIS) await does.resource(id);
          for (const id of ["ada", "bob"]) await does.subject(id);
          for (const [act, seconds] of steps) {
            clock.time += seconds;
            await act(does);
          }
          const events = await log.all();
          const position = events[where % events.length]?.position ?? "";
          const moment = await momentOf(log.store, position);
          const prefix = cutOff(log.store, position);
          const view = viewOf(await foldState(log.store, moment), { ended: true });
          expect(view).toEqual(viewOf(await foldState(prefix, moment), { ended: true }));
          const judged = await judgedByServer(
            prefix,
            events.filter((each) => comparePositions(each.position, position) <= 0).map(({ stream }) => stream),
            Date.parse(moment.time) / 1_000,
          );
          expect(Object.fromEntries(view.access.map(({ id, could }) => [id, could]))).toEqual(judged);
          await world.close();
        },
      ),
      { numRuns: 25 },
    );
    world = await openWorld();
  }, 120_000);
});

/** The log as it stood at a position. */
function cutOff(store: EventStore, position: string): EventStore {
  const within = ({ position: own }: { readonly position: string }): boolean => comparePositions(own, position) <= 0;
  return {
    ...store,
    head: async () => position,
    readAll: async (...args) => (await store.readAll(...args)).filter(within),
    readStream: async (...args) => (await store.readStream(...args)).filter(within),
    readLast: async (stream) => (await store.readStream(stream)).filter(within).at(-1),
  };
}

/** Which grants the deciders and the server's own standing let live. */
async function judgedByServer(store: EventStore, streams: readonly string[], now: number): Promise<Record<string, boolean>> {
  const own = world.runtimeOf(store);
  const judged: Record<string, boolean> = {};
  for (const stream of new Set(streams.filter((each) => each.startsWith("grant-")))) {
    const state = (await store.readStream(stream)).reduce<GrantState>(
      (folded, stored) => grantDecider.evolve(folded, parseEvent(stored).event as never),
      { status: "none" },
    );
    judged[stream.slice(6)] = await lives(own, state, now);
  }
  return judged;
}

async function lives(own: Parameters<typeof currentStanding>[0], state: GrantState, now: number): Promise<boolean> {
  if (state.status !== "authorized" && state.status !== "active") return false;
  const { basis } = state;
  const standing = await currentStanding(own, { ...basis, resourceIds: basis.resources.map(({ id }) => id) });
  if (standingLost(basis, standing, now)) return false;
  if (state.status === "authorized") return state.code.expiresAt > now;
  return (state.refresh !== undefined && state.refresh.idleExpiresAt > now) || state.tokens.some(({ exp }) => exp > now);
}
