import { comparePositions, START, type Position, type StoredEvent } from "@grantline/event-store";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { eventLeafHash } from "../tree/leaf.ts";
import { inclusionProof, verifyInclusion } from "../tree/proof.ts";
import { CompactRange } from "../tree/range.ts";
import { type Chains, createChains } from "./chains.ts";
import { createExpectedLeaves, type ExpectedLeaves } from "./expected-leaves.ts";
import { createSegmentRoots, type SegmentRoots } from "./segment-roots.ts";
import type { AuditFault, AuditVerification, Broken } from "./types.ts";
import type { AuditToVerify } from "./verify-audit.ts";

type Place = Partial<Pick<StoredEvent, "position" | "stream" | "revision">>;

/** One walk over the log, event by event, beside the stored tree. The first difference is the first bad place. */
export class AuditWalk {
  readonly #audit: AuditToVerify;
  readonly #signed: readonly Checkpoint[];
  readonly #chains: Chains = createChains();
  readonly #expected: ExpectedLeaves | undefined;
  readonly #segments: SegmentRoots;
  readonly #range: CompactRange;
  readonly #first: number;
  #at = 0;
  #events = 0;
  #dropped = 0;
  #last: Position = START;
  #coveredTo: Position = START;
  /** Where the stored tree and the log differ first, once the stored tree has proved not to be what was signed. */
  #doubtful: Broken | undefined;

  /** `checkpoints`: their signatures checked, smallest tree first. */
  constructor(audit: AuditToVerify, checkpoints: readonly Checkpoint[]) {
    const { before, tree, segments = [], verifier } = audit;
    this.#audit = audit;
    for (const { stream, ...link } of before?.links ?? []) this.#chains.known(stream, link);
    this.#expected = tree && createExpectedLeaves(tree.reader, tree.size);
    this.#segments = createSegmentRoots(segments, verifier);
    this.#range = CompactRange.from(before?.nodes ?? []);
    this.#first = this.#range.size;
    // Of a log that begins later, earlier checkpoints say nothing
    this.#signed = checkpoints.filter(({ size }) => size > this.#first || size === 0);
  }

  /** Takes the next event in. Undefined when it takes reading a tile or a proof to judge it: then `slowly`. */
  step(event: StoredEvent): Broken | "fine" | undefined {
    const hash = eventLeafHash(event);
    if (this.#comparing() && this.#expected?.at(this.#range.size)?.equals(hash) !== true) return undefined;
    return this.#link(event) ?? this.#take(hash, event.position) ?? "fine";
  }

  async slowly(event: StoredEvent): Promise<Broken | undefined> {
    const hash = eventLeafHash(event);
    for (let expected = this.#comparing(); expected !== undefined; expected = this.#comparing()) {
      const leaf = this.#range.size;
      await expected.load(leaf);
      const should = expected.at(leaf);
      if (should?.equals(hash)) break;
      const gone = should !== undefined && this.#segments.dropped(leaf);
      const fault = gone ? await this.#skip(expected, should) : await this.#differs(expected, event, should);
      if (fault !== undefined) return fault;
    }
    return this.#link(event) ?? this.#take(hash, event.position);
  }

  /** The log has ended. */
  async finish(): Promise<AuditVerification> {
    for (let expected = this.#comparing(); expected !== undefined; expected = this.#comparing()) {
      const leaf = this.#range.size;
      await expected.load(leaf);
      const should = expected.at(leaf);
      const gone = should !== undefined && this.#segments.dropped(leaf);
      const fault = gone ? await this.#skip(expected, should) : this.#broken("cut-off", await placeOf(expected, leaf), leaf);
      if (fault !== undefined) return fault;
    }
    const own = this.#range.size;
    const wrong = this.#joinAfter(own) ?? this.#cutOff();
    if (wrong !== undefined) return wrong;
    if (this.#doubtful !== undefined) return { ...this.#doubtful, why: "tree-altered", events: this.#events };
    const leaves = this.#signed.at(-1)?.size ?? 0;
    return {
      kind: "intact",
      events: this.#events,
      streams: this.#chains.streams,
      dropped: this.#dropped,
      checkpoints: this.#signed.length,
      leaves,
      position: this.#coveredTo,
      tail: Math.max(0, own - leaves),
    };
  }

  /** The stored tree, while it has a leaf for the next event and can be relied upon. */
  #comparing(): ExpectedLeaves | undefined {
    const expected = this.#expected;
    return expected !== undefined && this.#doubtful === undefined && this.#range.size < expected.size ? expected : undefined;
  }

  /** Holds the event against the one before it in its stream and in the store. */
  #link(event: StoredEvent): Broken | undefined {
    this.#events++;
    this.#audit.onEvent?.(this.#events);
    const next = String(Number(this.#last) + 1);
    const gap = this.#audit.contiguous === true && event.position !== next;
    const why = gap ? "position-gap" : this.#chains.fault(event);
    this.#last = event.position;
    return why === undefined ? undefined : this.#broken(why, gap ? { position: next } : event, this.#range.size);
  }

  /** Takes one leaf into the tree, and holds what is complete with it against its signature. */
  #take(hash: Buffer, position: Position): Broken | undefined {
    const leaf = this.#range.size;
    this.#range.append(hash);
    const segment = this.#segments.append(leaf, hash);
    if (segment !== undefined) return { ...segment, events: this.#events };
    for (let next = this.#signed[this.#at]; next !== undefined && next.size <= this.#range.size; next = this.#signed[++this.#at]) {
      if (next.size === this.#range.size && !next.root.equals(this.#range.root())) {
        const found = this.#doubtful ?? this.#broken("root-mismatch", { position }, leaf);
        return { ...found, why: "root-mismatch", afterLeaf: this.#signed[this.#at - 1]?.size ?? this.#first, events: this.#events };
      }
      this.#coveredTo = position;
    }
    return undefined;
  }

  /** The log has another event here than the stored tree: which of the two is it? */
  async #differs(expected: ExpectedLeaves, event: StoredEvent, should: Buffer | undefined): Promise<Broken | undefined> {
    const leaf = this.#range.size;
    const place = await placeOf(expected, leaf);
    const missing = place.position !== undefined && comparePositions(place.position, event.position) < 0;
    const unreadable = event.position === "" && place.position !== undefined;
    const found = missing ? this.#broken("removed", place, leaf) : this.#broken("not-in-tree", unreadable ? place : event, leaf);
    if (should !== undefined && (await this.#vouched(leaf, should)) !== false) return found;
    this.#doubtful = found;
    return undefined;
  }

  /** Is this leaf of the stored tree the one that was signed? Undefined when nothing signed covers it. */
  async #vouched(leaf: number, hash: Buffer): Promise<boolean | undefined> {
    const { tree } = this.#audit;
    if (tree?.trusted === true) return true;
    const over = this.#signed.find(({ size }) => size > leaf);
    if (over === undefined || tree === undefined) return undefined;
    const proof = await inclusionProof(tree.reader.subtree, leaf, over.size).catch(() => []); // files that lack a tile prove nothing
    return verifyInclusion(hash, leaf, over.size, proof, over.root);
  }

  /** A leaf whose event was dropped with its day: the stored tree stands for it. Its stream went whole, so no chain goes on from it. */
  async #skip(expected: ExpectedLeaves, hash: Buffer): Promise<Broken | undefined> {
    const { position = this.#last } = await expected.describe(this.#range.size);
    this.#dropped++;
    this.#last = position;
    return this.#take(hash, position);
  }

  /** Joins what comes after an archive, up to the checkpoint it was made under. */
  #joinAfter(own: number): Broken | undefined {
    const { after = [] } = this.#audit;
    if (after.length === 0) return undefined;
    for (const node of after) this.#range.push(node);
    const ending = this.#signed.at(-1);
    if (ending?.size !== this.#range.size || !ending.root.equals(this.#range.root()))
      return this.#broken("root-mismatch", { position: this.#last }, own);
    this.#at = this.#signed.length;
    this.#coveredTo = this.#last;
    return undefined;
  }

  /** A checkpoint of a larger tree than the log gives. */
  #cutOff(): Broken | undefined {
    const larger = this.#signed[this.#at];
    if (larger === undefined || larger.size <= this.#range.size) return undefined;
    const position = this.#doubtful?.position;
    return this.#broken("cut-off", position === undefined ? {} : { position }, this.#range.size);
  }

  #broken(why: AuditFault, { position, stream, revision }: Place, leaf: number): Broken {
    return {
      kind: "broken",
      why,
      ...(position === undefined ? {} : { position }),
      leaf,
      ...(stream === undefined ? {} : { stream }),
      ...(revision === undefined ? {} : { revision }),
      events: this.#events,
    };
  }
}

/** Which event the stored tree has for a leaf, as far as it tells. */
async function placeOf(expected: ExpectedLeaves, index: number): Promise<Place> {
  const { leaf, position } = await expected.describe(index);
  return {
    ...(leaf === undefined ? {} : { stream: leaf.stream, revision: leaf.revision }),
    ...(position === undefined ? {} : { position }),
  };
}
