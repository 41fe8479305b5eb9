import { EMPTY_ROOT, nodeHash } from "./hashing.ts";

/** A complete subtree: 2^level leaves. */
export interface Node {
  readonly level: number;
  readonly hash: Buffer;
}

/**
 * The right edge of a growing tree: the roots of its complete subtrees, largest first. O(log n), and all it takes to append and to know the root
 * (RFC 9162 §2.1.1).
 */
export class CompactRange {
  #nodes: Node[] = [];
  #size = 0;
  readonly #onNode: (node: Node) => void;

  /** `onNode` is told of every complete subtree as it comes about, leaves included. */
  constructor(onNode: (node: Node) => void = () => undefined) {
    this.#onNode = onNode;
  }

  static from(nodes: readonly Node[], onNode?: (node: Node) => void): CompactRange {
    const range = new CompactRange();
    for (const node of nodes) range.push(node);
    return onNode === undefined ? range : range.#telling(onNode);
  }

  #telling(onNode: (node: Node) => void): CompactRange {
    const range = new CompactRange(onNode);
    range.#nodes = this.#nodes;
    range.#size = this.#size;
    return range;
  }

  get size(): number {
    return this.#size;
  }

  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  /** Appends one leaf by its hash. */
  append(hash: Buffer): void {
    this.push({ level: 0, hash });
  }

  /** Appends a complete subtree that begins where the range ends. */
  push(node: Node): void {
    this.#size += 2 ** node.level;
    let { level, hash } = node;
    this.#onNode(node);
    for (let last = this.#nodes.at(-1); last !== undefined && last.level === level; last = this.#nodes.at(-1)) {
      hash = nodeHash(last.hash, hash);
      level++;
      this.#nodes.pop();
      this.#onNode({ level, hash });
    }
    this.#nodes.push({ level, hash });
  }

  root(): Buffer {
    const [last, ...before] = this.#nodes.toReversed();
    if (last === undefined) return EMPTY_ROOT;
    return before.reduce((right, { hash }) => nodeHash(hash, right), last.hash);
  }
}

/** The complete subtrees that make up the leaves from `first` up to, not including, `end`: left to right, each as large as it may be. */
export function subtreesOf(first: number, end: number): readonly { readonly level: number; readonly index: number }[] {
  const parts: { level: number; index: number }[] = [];
  for (let at = first; at < end;) {
    let level = 0;
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= end) level++;
    parts.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return parts;
}
