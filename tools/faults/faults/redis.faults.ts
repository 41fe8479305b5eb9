import { setTimeout as pause } from "node:timers/promises";
import type { TestRedisNode } from "@grantline/testing/ground";
import type { Arena, Cell } from "../cell.ts";

const replicaOf = ({ world }: Arena): TestRedisNode => world.redis.replicas[0] as TestRedisNode;

async function follow(arena: Arena): Promise<void> {
  await replicaOf(arena).command("REPLICAOF", "127.0.0.1", String(arena.world.redis.port));
}

export const redisFaults: readonly Cell[] = [
  {
    id: "redis/sigkill",
    title: "SIGKILL of Redis; started again, empty",
    holdSeconds: { full: 10, quick: 8 },
    servedWithin: 5,
    strike: async ({ world: { redis } }) => {
      await redis.kill("SIGKILL");
      return { heal: redis.start };
    },
  },
  {
    id: "redis/sigstop",
    title: "SIGSTOP of Redis for 30 s",
    holdSeconds: { full: 30, quick: 8 },
    servedWithin: 5,
    strike: async ({ world: { redis } }) => {
      await redis.kill("SIGSTOP");
      return { heal: () => redis.kill("SIGCONT") };
    },
  },
  {
    id: "redis/restart",
    title: "SIGTERM of Redis; started again, empty",
    holdSeconds: { full: 8, quick: 1 },
    servedWithin: 5,
    strike: async ({ world: { redis } }) => {
      await redis.kill("SIGTERM");
      return { heal: redis.start };
    },
  },
  {
    id: "redis/cut",
    title: "Everybody cut off from Redis",
    holdSeconds: { full: 15, quick: 6 },
    servedWithin: 5,
    strike: async ({ world: { links } }) => {
      await Promise.all(links.chosen({ engine: "redis" }).map((link) => link.cut()));
      return { heal: links.healAll };
    },
  },
  {
    id: "redis/slow",
    title: "Every answer of Redis 200 ± 100 ms late",
    holdSeconds: { full: 12, quick: 6 },
    strike: async ({ world: { links } }) => {
      await Promise.all(links.chosen({ engine: "redis" }).map((link) => link.slow(200, 100)));
      return { heal: links.healAll };
    },
  },
  {
    id: "redis/full",
    title: "Redis has no memory left and refuses writes",
    holdSeconds: { full: 12, quick: 6 },
    servedWithin: 5,
    strike: async ({ world: { redis } }) => {
      await redis.command("CONFIG", "SET", "maxmemory-policy", "noeviction");
      await redis.command("CONFIG", "SET", "maxmemory", "1mb");
      return { heal: async () => void (await redis.command("CONFIG", "SET", "maxmemory", "0")) };
    },
  },
  {
    id: "redis/flushall",
    title: "FLUSHALL, three times while serving",
    holdSeconds: { full: 4, quick: 2 },
    servedWithin: 5,
    strike: async ({ world: { redis }, random }) => {
      for (let n = 0; n < 3; n++) {
        await redis.flush();
        await pause(random.between(100, 900));
      }
      return { heal: async () => undefined };
    },
  },
  {
    id: "redis/failover-lost-writes",
    title: "Failover to a replica that missed the last seconds, while the old master went on acknowledging",
    holdSeconds: { full: 6, quick: 4 },
    servedWithin: 5,
    strike: async (arena) => {
      const { world, random } = arena;
      const replica = replicaOf(arena);
      // from here on it knows nothing of what the master acknowledges
      await replica.command("REPLICAOF", "NO", "ONE");
      await pause(random.between(2_000, 4_000));
      await world.redis.kill("SIGKILL");
      await world.links.lead("redis", replica.port);
      return {
        heal: async () => {
          await world.redis.start();
          await world.links.lead("redis", world.redis.port);
          await follow(arena);
        },
      };
    },
  },
  {
    id: "redis/old-state-back",
    title: "Redis falls back to what it held some seconds ago (a replica's copy), again and again",
    holdSeconds: { full: 4, quick: 2 },
    servedWithin: 5,
    strike: async (arena) => {
      const { world, random } = arena;
      const replica = replicaOf(arena);
      for (let n = 0; n < 2; n++) {
        await follow(arena);
        await linked(replica);
        await replica.command("REPLICAOF", "NO", "ONE");
        await pause(random.between(1_000, 2_000));
        await world.links.lead("redis", replica.port);
        await pause(random.between(1_000, 2_000));
        await world.links.lead("redis", world.redis.port);
      }
      return { heal: () => follow(arena) };
    },
  },
];

async function linked(replica: TestRedisNode): Promise<void> {
  const until = performance.now() + 10_000;
  while (!(await replica.command("INFO", "replication")).includes("master_link_status:up")) {
    if (performance.now() > until) throw new Error("the replica did not follow its master within 10 s");
    await pause(50);
  }
}
