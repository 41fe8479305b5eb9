import type { Cell } from "./cell.ts";
import { kafkaFaults } from "./faults/kafka.faults.ts";
import { otherFaults } from "./faults/other.faults.ts";
import { postgresFaults } from "./faults/postgres.faults.ts";
import { processFaults } from "./faults/process.faults.ts";
import { redisFaults } from "./faults/redis.faults.ts";
import { windowFaults } from "./faults/window.faults.ts";

/** The whole matrix, in the order it is run. */
export const cells: readonly Cell[] = [
  ...processFaults,
  ...redisFaults,
  ...kafkaFaults,
  ...postgresFaults,
  ...windowFaults,
  ...otherFaults,
];

/** What runs with every `npm test`. */
export const QUICK: readonly string[] = [
  "token-service/sigkill",
  "redis/sigkill",
  "redis/flushall",
  "redis/failover-lost-writes",
  "writer/cut-from-redis",
  "projector/sigstop",
  "kafka/sigkill",
  "postgres/sigkill",
];

export function chosen(only: readonly string[]): readonly Cell[] {
  if (only.length === 0) return cells;
  const found = cells.filter(({ id }) => only.some((wanted) => id === wanted || id.startsWith(`${wanted}/`)));
  if (found.length === 0) throw new RangeError(`no such cell: ${only.join(", ")}; there are ${cells.map(({ id }) => id).join(", ")}`);
  return found;
}
