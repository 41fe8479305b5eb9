// `npm run faults [-- --only redis,postgres/sigkill] [--seed N] [--quick]`: the fault matrix with real processes; the whole run writes docs/fault-matrix.md.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chosen } from "./cells.ts";
import { pageOf } from "./page.ts";
import type { Outcome } from "./run-cell.ts";
import { runCells, type LeftOut } from "./run-cells.ts";
import type { World } from "./world.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    seed: { type: "string" },
    quick: { type: "boolean", default: false },
    page: { type: "string" },
  },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const only = (values.only ?? []).flatMap((list) => list.split(",")).filter((id) => id !== "");
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const began = performance.now();

let current: World | undefined;
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => {
    void (current?.stop() ?? Promise.resolve()).finally(() => process.exit(130));
  });

say(`seed ${seed}`);
const wanted = chosen(only);
const page =
  values.page ?? (only.length === 0 && !values.quick ? join(import.meta.dirname, "..", "..", "docs", "fault-matrix.md") : undefined);
const outcomes: Outcome[] = [];
/** After each cell, so that a run that is broken off leaves what it has. */
const write = (leftOut: readonly LeftOut[]): void => {
  const minutes = (performance.now() - began) / 60_000;
  if (page !== undefined) writeFileSync(page, pageOf({ outcomes, leftOut, cells: wanted.length, seed, minutes }));
};
const { leftOut } = await runCells({
  cells: wanted,
  seed,
  quick: values.quick,
  say,
  onOutcome: (outcome) => {
    outcomes.push(outcome);
    tell(outcome);
    write([]);
  },
  onWorld: (world) => (current = world),
});
write(leftOut);
const failing = outcomes.filter(({ broken }) => broken.length > 0);
say(
  `${outcomes.length - failing.length} of ${outcomes.length} cells hold, ${leftOut.length} left out${page === undefined ? "" : `; see ${page}`}`,
);
process.exit(failing.length === 0 ? 0 : 1);

function tell({ id, requests, during, after, servedAgain, recovery, takeOver, broken, notes, said }: Outcome): void {
  const times = [
    servedAgain === undefined ? "" : `served again ${servedAgain.toFixed(1)} s`,
    takeOver === undefined ? "" : `take-over ${takeOver.toFixed(1)} s`,
    `recovery ${recovery.toFixed(1)} s`,
  ].filter((text) => text !== "");
  say(
    `${broken.length === 0 ? "holds " : "BROKEN"} ${id}: ${requests} requests; during: ${during || "-"}; after: ${after || "-"}; ${times.join(", ")}`,
  );
  if (said !== "") say(`         ${said}`);
  for (const text of notes) say(`         ${text}`);
  for (const text of broken) say(`       ! ${text}`);
}
