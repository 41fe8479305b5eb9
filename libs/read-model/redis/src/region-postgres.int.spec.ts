// Real: Redis, PostgreSQL with a store handle for each process, regions, stream runtimes.
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { migratePostgres, openPostgresEventStore } from "@grantline/event-store-postgres";
import { noPostgres, noRedis, startPostgres, startRedis, type TestPostgres, type TestRedis } from "@grantline/testing/ground";
import { startProcess, type RegionProcess } from "./fixtures/region-process.ts";

describe.skipIf(noRedis || noPostgres)("needs Redis and PostgreSQL: a region of processes with a store each", () => {
  let redis: TestRedis;
  let postgres: TestPostgres;
  const ends: (() => Promise<void>)[] = [];
  const processes: RegionProcess[] = [];
  beforeAll(async () => {
    [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
    const url = await postgres.createDatabase();
    await migratePostgres({ url });
    for (let n = 0; n < 3; n++) {
      const store = await openPostgresEventStore({ url });
      const process = await startProcess({ store, redisPort: redis.port, keySpace: "pg" });
      processes.push(process);
      ends.push(process.stop, store.close);
    }
  }, 120_000);
  afterAll(async () => {
    for (const end of ends) await end();
    await redis?.stop();
    await postgres?.stop();
  });

  const race = async (rounds: number): Promise<readonly string[]> => {
    const wrong: string[] = [];
    const work = async (n: number): Promise<void> => {
      const [writer, reader, other] = [processes[n % 3]!, processes[(n + 1) % 3]!, processes[(n + 2) % 3]!];
      for (let round = 0; round < rounds; round++) {
        const id = `t-${randomUUID()}`;
        if ((await reader.status(id)) !== "none") wrong.push(`${id} was not revoked`);
        await writer.revoke(id);
        const answers = await Promise.all([reader.status(id), other.status(id), writer.status(id)]);
        if (answers.some((status) => status !== "revoked")) wrong.push(`${id} is ${answers.join()}`);
      }
    };
    await Promise.all([0, 1, 2].map(work));
    return wrong;
  };

  it("shows every revocation to all at once", async () => {
    expect(await race(30)).toEqual([]);
  });

  it("shows every revocation to all at once while Redis is flushed, killed and started again", async () => {
    let shaking = true;
    let restarts = 0;
    const shakes = (async () => {
      for (let n = 0; shaking; n++) {
        await pause(30 + Math.random() * 60);
        if (n % 4 !== 2) await redis.flush();
        else {
          await redis.kill("SIGKILL");
          await redis.start();
          restarts++;
        }
      }
    })();
    const wrong = await race(40);
    shaking = false;
    await shakes;
    expect(wrong).toEqual([]);
    expect(restarts).toBeGreaterThan(0);
  }, 120_000);
});
