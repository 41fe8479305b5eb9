// Real: SQLite event store, read model, projector and client decider; leases. Fake: clock, keyring.
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clientDecider } from "@grantline/domain/client";
import { registration, secret as aSecret } from "../../../domain/src/testing/clients.ts";
import { leaseDecider } from "@grantline/domain/lease";
import { createStreamRuntime, type EventStore, type StreamRuntime } from "@grantline/event-store";
import { openSqliteEventStore } from "@grantline/event-store-sqlite";
import { createProjector, type ReadModel, projections } from "@grantline/read-model";
import { openSqliteEphemeralStore, openSqliteReadModel } from "@grantline/read-model-sqlite";
import { until } from "../fixtures/until.ts";
import { createLeases, type Lease, LeaseLost, type Leases } from "../lease/index.ts";
import { endingSecretsDuty, type LeasedDuty, signingKeysDuty, startLeasedDuties } from "./index.ts";

const clock = { now: () => Math.floor(Date.now() / 1_000) };
const meta = { correlationId: "c", actor: { kind: "system", id: "test" } } as const;
let dir: string;
let store: EventStore;
let readModel: ReadModel;
let ephemeral: Awaited<ReturnType<typeof openSqliteEphemeralStore>>;
let runtime: StreamRuntime;
let said: { readonly level: string; readonly members: object }[];
const note = (level: string) => (members: object) => void said.push({ level, members });
const log = { info: note("info"), warn: note("warn"), error: note("error") };

beforeEach(async () => {
  said = [];
  dir = await mkdtemp("/var/tmp/grantline-duties-");
  store = await openSqliteEventStore({ file: join(dir, "events.db") });
  readModel = await openSqliteReadModel({ file: join(dir, "read.db"), clock });
  ephemeral = await openSqliteEphemeralStore({ file: join(dir, "ephemeral.db"), clock });
  runtime = createStreamRuntime({ store, clock, region: "eu1", service: "test" });
});
afterEach(async () => {
  await readModel.close();
  await ephemeral.close();
  await store.close();
  await rm(dir, { recursive: true });
});

function leases(holder: string): Leases {
  const timings = { beatMs: 50, lookMs: 20, silentLooks: 5, pauseMs: 20 };
  return createLeases({ leases: runtime.repository(leaseDecider), ephemeral, holder, clock, log, timings });
}
const lines = (level: string) => said.filter((line) => line.level === level).map(({ members }) => members);

describe("leased duties", () => {
  it("are each done by one of two processes, round after round, a failed round too", async () => {
    const done: string[] = [];
    const duty = (name: string, by: string): LeasedDuty => ({
      name,
      everySeconds: 0.02,
      firstAfterSeconds: 0,
      run: async () => {
        done.push(`${name} ${by}`);
        if (done.length === 2) throw new Error("not this time");
        return 1;
      },
    });
    const pair = ["a", "b"].map((by) => startLeasedDuties({ leases: leases(by), duties: [duty("keys", by), duty("sweep", by)], log }));
    await until(() => ["keys", "sweep"].every((name) => done.filter((one) => one.startsWith(name)).length >= 5));
    expect(new Set(done).size).toBe(2);
    expect(pair.flatMap((one) => one.working()).toSorted()).toEqual(["keys", "sweep"]);
    expect(lines("error")).toHaveLength(1);
    for (const one of pair) await one.close();
    const count = done.length;
    expect(pair.flatMap((one) => one.working())).toEqual([]);
    await until(async () => (await store.readLast("lease-keys"))?.type === "LeaseReleased");
    expect(done).toHaveLength(count);
  });

  it("stop in the midst of a round when the lease is lost", async () => {
    const outcomes: unknown[] = [];
    const duty: LeasedDuty = {
      name: "long",
      everySeconds: 1,
      firstAfterSeconds: 0,
      run: async (lease) => {
        try {
          for (;;) {
            await lease.assertHeld();
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
        } catch (error) {
          outcomes.push(error);
          throw error;
        }
      },
    };
    const duties = startLeasedDuties({ leases: leases("a"), duties: [duty], log });
    await until(() => duties.working().length === 1);
    await runtime.repository(leaseDecider).execute("long", { kind: "take", now: 1, holder: "b", afterTerm: 1 }, meta);
    await until(() => outcomes.length === 1);
    expect(outcomes[0]).toBeInstanceOf(LeaseLost);
    await duties.close();
    expect(lines("error")).toEqual([]);
  });

  it("tick the keyring at once when taken over", async () => {
    let ticks = 0;
    const keyring = { tick: async () => void (ticks += 1) };
    const duties = startLeasedDuties({ leases: leases("a"), duties: [signingKeysDuty(keyring, 0.02)], log });
    await until(() => ticks >= 3);
    await duties.close();
  });
});

describe("client secrets that end soon", () => {
  const lease: Lease = { duty: "x", term: 1, signal: new AbortController().signal, assertHeld: async () => undefined };
  const secret = (id: string, expiresAt?: number) => aSecret(id, expiresAt === undefined ? {} : { expiresAt });

  it("are told by client, apart from those that have a successor", async () => {
    const clients = runtime.repository(clientDecider);
    const now = clock.now();
    const DAY = 86_400;
    const register = (clientId: string, first: ReturnType<typeof secret>) =>
      clients.execute(clientId, { kind: "register", now, event: registration({ clientId }), secret: first }, meta);
    await register("lasting", secret("s1"));
    await register("far", secret("s1", now + 60 * DAY));
    await register("lonely", secret("s1", now + 3 * DAY));
    await register("rotated", secret("s1"));
    await clients.execute("rotated", { kind: "rotate-secret", now, secret: secret("s2"), overlapEndsAt: now + DAY }, meta);
    await register("suspended", secret("s1", now + DAY));
    await clients.execute("suspended", { kind: "suspend", now, reason: "x" }, meta);
    const projector = createProjector({ store, readModel, projections, log });
    projector.start();
    await projector.caughtUp();
    const counted: number[][] = [];
    const metrics = { secretsEnding: (...counts: [number, number]) => void counted.push(counts) };
    said = [];
    expect(await endingSecretsDuty({ readModel, clients, clock, log, metrics }).run(lease)).toBe(2);
    expect(lines("warn")).toEqual([{ clientId: "lonely", secretId: "s1", endsAt: now + 3 * DAY }]);
    expect(lines("info")).toEqual([{ clientId: "rotated", secretId: "s1", endsAt: now + DAY }]);
    expect(counted).toEqual([[1, 1]]);
    await projector.stop();
  });
});
