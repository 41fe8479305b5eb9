/*
 * Real: every service as a built process, PostgreSQL, Redis with a replica, Kafka, toxiproxy between them. The whole matrix: `npm run faults`.
 */
import { kafkaLib, noOwnPostgres, noRedis, toxiproxyBinary } from "@grantline/testing/ground";
import { beforeAll, describe, expect, it } from "vitest";
import { chosen, QUICK } from "./cells.ts";
import type { Outcome } from "./run-cell.ts";
import { runCells } from "./run-cells.ts";

const missing = [
  noOwnPostgres ? "PostgreSQL" : undefined,
  noRedis ? "Redis" : undefined,
  kafkaLib() === undefined ? "Kafka" : undefined,
  toxiproxyBinary() === undefined ? "toxiproxy" : undefined,
].filter((name) => name !== undefined);

const SEED = Number(process.env["GRANTLINE_TEST_SEED"] ?? Date.now() % 1_000_000);
const PATIENCE_MS = 600_000;
const cells = chosen(QUICK);
const outcomes = new Map<string, Outcome>();

describe.skipIf(missing.length > 0)(
  `needs ${missing.join(", ") || "nothing more"}: users at work while a part fails (seed ${SEED})`,
  () => {
    beforeAll(async () => {
      const run = await runCells({ cells, seed: SEED, quick: true, say: () => undefined });
      for (const outcome of run.outcomes) outcomes.set(outcome.id, outcome);
    }, PATIENCE_MS);

    it.each(cells.map(({ id, title }) => [id, title] as const))(
      "get no wrong answer and lose nothing that was acknowledged: %s (%s)",
      (id) => {
        const outcome = outcomes.get(id);
        expect(outcome?.broken).toEqual([]);
        // the users were there, and the judges had something to look at
        expect(outcome?.acknowledged).toBeGreaterThan(10);
        expect(outcome?.revoked).toBeGreaterThan(3);
        expect(outcome?.events).toBeGreaterThan(50);
      },
    );
  },
);
