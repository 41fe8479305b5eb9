import { CheckpointMoved, type ProjectionWrite, type ReadModel } from "@grantline/read-model";
import type { Caller } from "./caller.ts";
import { createDraining } from "./draining.ts";
import type { KeySpace } from "./key-space.ts";
import type { Trouble } from "./link.ts";
import { listTable } from "./listing.ts";
import { decodeRow, encodeWrite } from "./row-codec.ts";
import { GET, REPLACE, WRITE } from "./scripts/read-model.ts";
import { tagOf } from "./table-tag.ts";

const SWEEP_EVERY_SECONDS = 60;
const SWEEP_ROWS = 200;
/** Between a projection's name and what a set built beside it is called. */
const SUFFIX = "~";

export interface ReadModelSources {
  readonly caller: Caller;
  readonly keySpace: KeySpace;
  readonly clock: { now(): number };
  readonly onTrouble: Trouble;
}

/** Rows and checkpoint of a projection, and of the sets built beside it, lie in one slot, so each call is one script and everything is all at once. */
export function createReadModel({ caller, keySpace, clock, onTrouble }: ReadModelSources): ReadModel {
  const factsOf = (name: string): string => keySpace.key(tagOf(name), "");
  const draining = createDraining(caller, onTrouble);
  let sweptAt = clock.now();
  const rowsToSweep = (now: number): number => {
    if (now - sweptAt < SWEEP_EVERY_SECONDS) return 0;
    sweptAt = now;
    return SWEEP_ROWS;
  };
  const replace = async (projection: string, suffix: string): Promise<void> => {
    const facts = factsOf(projection);
    draining.begin(facts, (await caller.evaluate(REPLACE, [facts], [projection, suffix])) as string[]);
  };

  return {
    async get(table, key) {
      const stored = await caller.evaluate(GET, [factsOf(table)], [table, key, clock.now()]);
      return typeof stored === "string" ? decodeRow(key, stored) : undefined;
    },
    list: (table, query) => listTable(caller, factsOf(table), table, query, clock.now()),
    async write(projection, writes, checkpoint, after) {
      const now = clock.now();
      checkTables(projection, writes);
      const args = [
        projection,
        checkpoint ?? "",
        after ?? "",
        now,
        rowsToSweep(now),
        ...writes.flatMap((write) => encodeWrite(write, now)),
      ];
      const [outcome, table, owner] = (await caller.evaluate(WRITE, [factsOf(projection)], args)) as string[];
      if (outcome === "moved") throw new CheckpointMoved(`The checkpoint of ${projection} has moved.`);
      if (outcome === "owned") throw new Error(`Table ${table} belongs to projection ${owner}, not ${projection}.`);
    },
    checkpoint: async (projection) => (await caller.run((client) => client.hget(factsOf(projection), `p:${projection}`))) ?? undefined,
    clear: (projection) => replace(projection, ""),
    async promote(projection, suffix) {
      if (!suffix.startsWith(SUFFIX)) throw new TypeError(`A set built beside another is called by a suffix that begins with ${SUFFIX}.`);
      await replace(projection, suffix);
    },
    close: () => draining.stop(),
  };
}

function checkTables(projection: string, writes: readonly ProjectionWrite[]): void {
  const tag = tagOf(projection);
  const wrong = writes.find(({ table }) => tagOf(table) !== tag);
  if (wrong !== undefined)
    throw new Error(
      `Table ${wrong.table} belongs to a projection called like it, not ${projection}: the first words of both must be the same.`,
    );
}
