// Real: sealing, chains, tree, checkpoints, verifier. Made: the log, in an array, so that it can be tampered with.
import * as fc from "fast-check";
import type { StoredEvent } from "@grantline/event-store";
import { describe, expect, it } from "vitest";
import { resealed, sealedLog, storeOf, testSigner } from "../fixtures/sealed-log.ts";
import { createMemoryTreeStore } from "../tree/memory-tree-store.ts";
import type { TreeStore } from "../tree/port.ts";
import { createTreeGrower } from "../tree/tree-grower.ts";
import { createTreeReader } from "../tree/tiles.ts";
import { verifyAudit } from "./verify-audit.ts";

const signer = testSigner();
const quiet = { info: () => undefined, error: () => undefined };

interface Grown {
  readonly log: readonly StoredEvent[];
  readonly treeStore: TreeStore;
  readonly checkpoints: readonly string[];
}

/** The log with a tree grown along it, checkpoints signed at some sizes on the way, the last one over `covered` events. */
async function grow(log: readonly StoredEvent[], covered: number, steps: number): Promise<Grown> {
  const seen: StoredEvent[] = [];
  const treeStore = createMemoryTreeStore();
  const grower = createTreeGrower({ store: storeOf(seen), treeStore, signer, clock: { now: () => 0 }, log: quiet });
  const checkpoints: string[] = [];
  for (let to = Math.min(steps, covered); seen.length < covered; to = Math.min(to + steps, covered)) {
    seen.push(...log.slice(seen.length, to));
    const note = await grower.catchUp();
    if (note !== undefined) checkpoints.push(note);
  }
  return { log, treeStore, checkpoints };
}
async function verify({ treeStore, checkpoints }: Grown, log: readonly StoredEvent[], { tree = true, contiguous = false } = {}) {
  const size = (await treeStore.state())?.size ?? 0;
  return verifyAudit({
    pages: [log],
    checkpoints,
    verifier: signer.verifier,
    contiguous,
    ...(tree ? { tree: { reader: createTreeReader(treeStore), size } } : {}),
  });
}

const streams = fc.array(fc.constantFrom("grant-a", "grant-b", "client-c", "issuance-w-1", "subject-d"), { minLength: 2, maxLength: 400 });
const grown = fc.tuple(streams, fc.integer({ min: 1, max: 150 })).map(([names, steps]) => ({ log: sealedLog(names), steps }));

/** The log as somebody would leave it who can write to the store and recompute hashes. */
function rechained(log: readonly StoredEvent[], from: number): StoredEvent[] {
  const target = log[from]!;
  let previous = log.slice(0, from).findLast(({ stream }) => stream === target.stream)?.hash ?? "";
  return log.map((event, index) => {
    if (index < from || event.stream !== target.stream) return event;
    const forged = resealed(event, previous, { forged: index });
    previous = forged.hash;
    return { ...forged, position: event.position };
  });
}

describe("a log that nobody touched", () => {
  it("is intact, and the verifier says which tail no checkpoint covers", async () => {
    await fc.assert(
      fc.asyncProperty(grown, fc.nat(), async ({ log, steps }, cut) => {
        const covered = cut % (log.length + 1);
        const made = await grow(log, covered, steps);
        expect(await verify(made, log, { contiguous: true })).toMatchObject({
          kind: "intact",
          events: log.length,
          leaves: covered,
          tail: log.length - covered,
          position: String(covered),
          checkpoints: made.checkpoints.length,
        });
        expect(await verify(made, log, { tree: false })).toMatchObject({ kind: "intact", leaves: covered });
      }),
      { numRuns: 60 },
    );
  });
});

describe("one event of a covered log", () => {
  /** Whatever is done at place `at`, the verifier names the position `at` or the one given. */
  const finds = (
    tamper: (log: StoredEvent[], at: number) => readonly StoredEvent[] | undefined,
    position: (log: readonly StoredEvent[], at: number) => string = (log, at) => log[at]!.position,
  ) =>
    fc.assert(
      fc.asyncProperty(grown, fc.nat(), async ({ log, steps }, seed) => {
        const at = seed % log.length;
        const made = await grow(log, log.length, steps);
        const left = tamper([...log], at);
        if (left === undefined) return;
        expect(await verify(made, left)).toMatchObject({ kind: "broken", position: position(log, at) });
        // Without the tree's files the place lies between two checkpoints, and the verdict stays
        expect(await verify(made, left, { tree: false })).toMatchObject({ kind: "broken" });
      }),
      { numRuns: 80 },
    );

  it("altered in its body is found", () => finds((log, at) => log.with(at, { ...log[at]!, body: log[at]!.body.replace('"n":', '"m":') })));
  it("altered in its columns is found", () => finds((log, at) => log.with(at, { ...log[at]!, type: "OtherThing" })));
  it("altered with its hash is found", () =>
    finds((log, at) => {
      const previous = log.slice(0, at).findLast(({ stream }) => stream === log[at]!.stream)?.hash ?? "";
      return log.with(at, { ...resealed(log[at]!, previous, { forged: true }), position: log[at]!.position });
    }));
  it("altered with the whole chain after it is found", () => finds((log, at) => rechained(log, at)));
  it("removed is found", () => finds((log, at) => log.toSpliced(at, 1)));
  it("removed with all of its stream after it is found", () =>
    finds((log, at) => log.filter(({ stream }, index) => index < at || stream !== log[at]!.stream)));
  it("removed by cutting the log off there is found", () => finds((log, at) => log.slice(0, at)));
  it("inserted at the end of a new stream is found", () =>
    finds(
      (log, at) => log.toSpliced(at, 0, { ...resealed({ stream: "grant-new", revision: 0 }, "", {}), position: `${log[at]!.position}` }),
      (log, at) => log[at]!.position,
    ));
  it("that changed places with the one after it is found", () =>
    finds((log, at) => {
      const [a, b] = [log[at]!, log[at + 1]];
      return b && log.with(at, { ...b, position: a.position }).with(at + 1, { ...a, position: b.position });
    }));
});

describe("an event no checkpoint covers yet", () => {
  it("is still vouched for by its stream's chain, and in a store without gaps by its place", async () => {
    await fc.assert(
      fc.asyncProperty(grown, fc.nat(), async ({ log, steps }, seed) => {
        const covered = Math.floor(log.length / 2);
        const at = covered + (seed % (log.length - covered));
        const made = await grow(log, covered, steps);
        const altered = log.with(at, { ...log[at]!, body: log[at]!.body.replace('"n":', '"m":') });
        expect(await verify(made, altered)).toMatchObject({ kind: "broken", position: log[at]!.position });
        if (at === log.length - 1 || at === 0) return;
        expect(await verify(made, log.toSpliced(at, 1), { contiguous: true })).toMatchObject({
          kind: "broken",
          position: log[at]!.position,
        });
      }),
      { numRuns: 60 },
    );
  });
});
