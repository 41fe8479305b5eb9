// Real: SQLite event store and read model, Redis. Fake: the feed's delivery, which repeats, holds back and shuffles.
import * as fc from "fast-check";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DomainEvent } from "@grantline/domain/kernel";
import { START, type EventStore, type StoredEvent } from "@grantline/event-store";
import type { Projector } from "@grantline/read-model";
import { authorized, METADATA, redeemed, registered, revoked, rotated } from "./fixtures/events.ts";
import { openRedis } from "@grantline/read-model-redis";
import { noRedis, startRedis, type TestRedis } from "@grantline/testing/ground";
import { openProjecting, type OpenModel, type Projecting } from "./fixtures/projecting.ts";

const grantEvent = fc.oneof(
  fc.constantFrom<DomainEvent>(
    redeemed,
    revoked,
    authorized("c2", "s2", ["r1", "r2"]),
    { type: "GrantExpired", data: { reason: "idle" } },
    { type: "RefreshRetried", data: { generation: 1 } },
    { type: "CodeReplayDetected", data: { clientId: "c" } },
    { type: "AccessTokenRevoked", data: { n: 0, jti: "j", exp: 1 } },
    { type: "GrantDenied", data: { clientId: "c", subject: "s", reason: "access-denied" } },
  ),
  fc.integer({ min: 1, max: 5 }).map(rotated),
);
const clientEvent = fc.constantFrom<DomainEvent>(
  registered("c1"),
  { type: "ClientUpdated", data: { metadata: { ...METADATA, client_name: "New" }, settings: {}, documentHash: "h" } },
  { type: "ClientSuspended", data: { reason: "abuse", generation: 1 } },
  { type: "ClientReinstated", data: {} },
  { type: "ClientDeleted", data: { reason: "self", generation: 2 } },
  { type: "ClientGenerationRaised", data: { generation: 3, reason: "admin" } },
);
const consentEvent = fc.constantFrom<DomainEvent>(
  { type: "ConsentGranted", data: { subject: "s", clientId: "c", scopes: { r1: ["a"] }, remember: true } },
  { type: "ConsentGranted", data: { subject: "s", clientId: "c", scopes: { r2: ["b"], "": ["openid"] }, remember: false } },
  { type: "ConsentNarrowed", data: { scopes: { r1: [] } } },
  { type: "ConsentWithdrawn", data: { generation: 1 } },
);
const subjectEvent = fc.constantFrom<DomainEvent>(
  { type: "SubjectSeen", data: { subject: "s", claims: "sealed", groups: [] } },
  { type: "SubjectDisabled", data: { reason: "left", generation: 1 } },
  { type: "SubjectEnabled", data: {} },
  { type: "GenerationRaised", data: { of: "subject", generation: 2, reason: "admin" } },
  { type: "SubjectErased", data: { generation: 3 } },
);
const resourceEvent = fc.constantFrom<DomainEvent>(
  { type: "ResourceRegistered", data: { resourceId: "r", uri: "https://r.example/", name: "R", clientId: "rc" } },
  { type: "ScopesDefined", data: { scopes: [{ name: "read", description: "Read" }] } },
  { type: "AccessPolicySet", data: { policy: { rules: [] } } },
  { type: "TokenPolicySet", data: { policy: { format: "jwt" } } },
  { type: "ResourceGenerationRaised", data: { generation: 1, reason: "admin" } },
  { type: "ResourceRemoved", data: { generation: 2 } },
);
const securityEvent = fc.integer({ min: 1, max: 9 }).map((count): DomainEvent => ({
  type: "LoginFailed",
  data: { reason: "login-failed", count, minute: 60, clientId: "c", endpoint: "login", prefix: "sealed" },
}));

const step = fc.oneof(
  fc.tuple(fc.constantFrom("grant-a", "grant-b", "grant-c"), grantEvent),
  fc.tuple(fc.constantFrom("client-c1", "client-c2"), clientEvent),
  fc.tuple(fc.constant("consent-s-c"), consentEvent),
  fc.tuple(fc.constant("subject-s"), subjectEvent),
  fc.tuple(fc.constant("resource-r"), resourceEvent),
  fc.tuple(fc.constant("security-w-20270101"), securityEvent),
);
/** How a feed may misbehave: how large its batches are, what is sent again, and with which seed each batch window is shuffled. */
const mischief = fc.record({ batch: fc.integer({ min: 1, max: 7 }), repeats: fc.array(fc.nat(), { maxLength: 20 }), seed: fc.integer() });

describe("the projections (P6)", () => {
  endTheSame();
});

describe.skipIf(noRedis)("needs Redis: the projections there (P6)", () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());

  endTheSame(async (clock) => {
    const handle = await openRedis({ urls: redis.urls, keySpace: randomUUID(), clock });
    return { ...handle.readModel, close: () => handle.close() };
  });
});

function endTheSame(open?: OpenModel): void {
  it("end byte-identical whether delivered once in order, mistreated, or rebuilt", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 60 }), mischief, async (steps, how) => {
        const [plain, mistreated] = [await openProjecting(open), await openProjecting(open)];
        try {
          for (const [stream, event] of steps) await plain.append(stream, event);
          const projector = plain.projector();
          projector.start();
          await projector.caughtUp();
          const expected = await plain.dump();
          await deliver(mistreated, plain.store, scramble(await plain.store.readAll("0", 1_000), how), how.batch);
          expect(await mistreated.dump()).toBe(expected);
          await projector.rebuild();
          expect(await plain.dump()).toBe(expected);
        } finally {
          await plain.dispose();
          await mistreated.dispose();
        }
      }),
      { numRuns: 10, endOnFailure: true },
    );
  }, 120_000);
}

/** Feeds the events given to a projector of `target`, batch by batch, in the order given. */
async function deliver(target: Projecting, source: EventStore, events: readonly StoredEvent[], batch: number): Promise<void> {
  const delivered = Promise.withResolvers<void>();
  const projector: Projector = target.projector({
    store: {
      ...source,
      head: async () => START,
      readAll: async () => [],
      subscribe(_from, onEvents) {
        const all = async (): Promise<void> => {
          for (let n = 0; n < events.length; n += batch) {
            const some = events.slice(n, n + batch);
            await onEvents(some, (some.at(-1) as StoredEvent).position);
          }
        };
        setImmediate(() => delivered.resolve(all()));
        return { close: () => delivered.promise };
      },
    },
  });
  projector.start();
  await delivered.promise;
  await projector.stop();
}

function scramble(
  events: readonly StoredEvent[],
  { repeats, seed }: { readonly repeats: readonly number[]; readonly seed: number },
): StoredEvent[] {
  const all = [...events, ...repeats.map((n) => events[n % events.length]!)];
  let state = seed >>> 0;
  const random = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
  return all
    .map((event) => ({ event, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ event }) => event);
}
