/*
 * P1 to P5. Real: three token-services as processes, PostgreSQL, Redis, SIGKILL, FLUSHALL, HTTP to each instance. Made: nothing.
 * Parallel clients do everything that can be done to grants and tokens; their history is judged by the checker (tools/history-checker, porcupine).
 * GRANTLINE_TEST_HISTORY_ROUNDS=100 makes it long.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { historyChecker, judgeHistory, violationsOf, type Op } from "@grantline/testing/history";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { killAndFlush } from "./support/faults.ts";
import { Lives } from "./support/lives.ts";
import { eventsOf, noEngines, startWorld, verifyWorld, type World } from "./support/world.ts";

const ROUNDS = Number(process.env["GRANTLINE_TEST_HISTORY_ROUNDS"] ?? "4");
const DRIVERS = 4;
const BREATH_MS = 60;
const checker = await historyChecker();
let world: World;
let lives: Lives;

describe.skipIf(noEngines || checker === undefined)(
  "needs PostgreSQL, Redis and Go: token-services killed and Redis flushed under parallel clients",
  () => {
    beforeAll(async () => {
      world = await startWorld();
      lives = new Lives(world);
    }, 240_000);
    afterAll(() => world?.stop());

    it(
      `give answers that one server could have given, through ${ROUNDS} kills and flushes (P2 to P5)`,
      { timeout: 60_000 + ROUNDS * 45_000 },
      async () => {
        let over = false;
        let kind = 0;
        const drive = async (work: (kind: number) => Promise<void>): Promise<void> => {
          while (!over) {
            await work(kind++);
            await sleep(BREATH_MS);
          }
        };
        const driven = [...Array.from({ length: DRIVERS }, () => drive((each) => lives.grant(each))), drive((each) => lives.token(each))];
        const faults = killAndFlush(world, ROUNDS).finally(() => (over = true));
        await Promise.all([faults, ...driven]);
        await lives.lookAtAll();

        const { operations } = lives.history;
        const verdicts = await judgeHistory(checker as string, operations);
        const unknown = operations.filter((operation) => "unknown" in operation).length;
        const keys = new Set(operations.map(({ key }) => key)).size;
        console.log(
          `history: ${operations.length} operations on ${keys} grants and tokens, ${unknown} answers lost, ${ROUNDS} kills and flushes`,
        );
        expect(await violationsOf(checker as string, operations)).toEqual([]);
        expect(verdicts.length).toBe(2 * keys);
        expect(unknown).toBeGreaterThan(0);
        const seen = (op: Op, status: string): number =>
          operations.filter((operation) => operation.op === op && "result" in operation && operation.result.status === status).length;
        for (const [op, status] of [
          ["redeem", "ok"],
          ["redeem", "refused"],
          ["refresh", "ok"],
          ["refresh", "refused"],
          ["revoke", "ok"],
          ["validate", "active"],
          ["validate", "inactive"],
        ] as const)
          expect([op, status, seen(op, status) > 3]).toEqual([op, status, true]);
      },
    );

    it("leave a log whose chains hold, with each code redeemed and each generation made once (P2, P10)", async () => {
      expect(await verifyWorld(world)).toBe("intact");
      const twice: string[] = [];
      for (const [stream, events] of Map.groupBy(await eventsOf(world, "grant-"), (event) => event.stream)) {
        const made = events.filter(({ type }) => type === "RefreshTokenRotated").map(({ body }) => generationOf(body));
        if (events.filter(({ type }) => type === "CodeRedeemed").length > 1) twice.push(`${stream}: code`);
        if (new Set(made).size !== made.length) twice.push(`${stream}: generation`);
      }
      expect(twice).toEqual([]);
    });
  },
);

function generationOf(body: string): number {
  return (JSON.parse(body) as { data: { refresh: { generation: number } } }).data.refresh.generation;
}
