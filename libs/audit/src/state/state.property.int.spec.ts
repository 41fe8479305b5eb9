// Real: SQLite event store, stream runtime, every decider. Fake: the clock; a store cut off at a position, for comparison.
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { grantDecider, standingLost, type GrantState } from "@grantline/domain/grant";
import { comparePositions, parseEvent, type EventStore } from "@grantline/event-store";
import { currentStanding } from "@grantline/oauth/standing";
import { openStateWorld, URIS, type StateWorld } from "../fixtures/state-world.ts";
import { momentOf } from "./moment.ts";
import { foldState } from "./state-at.ts";
import { viewOf } from "./view.ts";

const person = fc.constantFrom("ada", "bob");
const app = fc.constantFrom("app", "bot");
const uri = fc.constantFrom(...URIS);
const grant = fc.constantFrom("g1", "g2", "g3", "g4");
type Step = (does: StateWorld["does"]) => Promise<unknown>;
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
          const opened = await openStateWorld();
          const { does, clock, log } = opened;
          onTestFinished(() => opened.close());
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
            opened.runtimeOf(prefix),
            prefix,
            events.filter((each) => comparePositions(each.position, position) <= 0).map(({ stream }) => stream),
            Date.parse(moment.time) / 1_000,
          );
          expect(Object.fromEntries(view.access.map(({ id, could }) => [id, could]))).toEqual(judged);
        },
      ),
      { numRuns: 25 },
    );
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
async function judgedByServer(
  own: ReturnType<StateWorld["runtimeOf"]>,
  store: EventStore,
  streams: readonly string[],
  now: number,
): Promise<Record<string, boolean>> {
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
