import type { ReadModel } from "@grantline/read-model";
import type { RevisionLedger } from "./consuming.port.ts";

/** Remembers the streams last seen, until the process ends: enough for a consumer whose handler bears repetitions anyway. */
export function createMemoryLedger(streams = 100_000): RevisionLedger {
  const revisions = new Map<string, number>();
  return {
    complete: false,
    get: async (stream) => revisions.get(stream),
    put: async (stream, revision) => {
      // A map keeps the order of insertion, so the first one is the one unused for longest.
      revisions.delete(stream);
      revisions.set(stream, revision);
      if (revisions.size > streams) revisions.delete(revisions.keys().next().value as string);
    },
  };
}

/** Remembers in the read model, in a table of its own. When that is lost, everything is read from the store once more. */
export function createReadModelLedger(readModel: Pick<ReadModel, "get" | "write">, name: string): RevisionLedger {
  const projection = `${name}.seen`;
  return {
    complete: true,
    get: async (stream) => (await readModel.get(projection, stream))?.revision,
    put: (stream, revision) => readModel.write(projection, [{ kind: "put", table: projection, row: { key: stream, revision, value: {} } }]),
  };
}
