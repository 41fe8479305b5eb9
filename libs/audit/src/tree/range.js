var _a;
import { EMPTY_ROOT, nodeHash } from "./hashing.js";
/**
 * The right edge of a growing tree: the roots of its complete subtrees, largest first. O(log n), and all it takes to append and to know the root
 * (RFC 9162 §2.1.1).
 */
export class CompactRange {
    #nodes = [];
    #size = 0;
    #onNode;
    /** `onNode` is told of every complete subtree as it comes about, leaves included. */
    constructor(onNode = () => undefined) {
        this.#onNode = onNode;
    }
    static from(nodes, onNode) {
        const range = new _a();
        for (const node of nodes)
            range.push(node);
        return onNode === undefined ? range : range.#telling(onNode);
    }
    #telling(onNode) {
        const range = new _a(onNode);
        range.#nodes = this.#nodes;
        range.#size = this.#size;
        return range;
    }
    get size() {
        return this.#size;
    }
    get nodes() {
        return this.#nodes;
    }
    /** Appends one leaf by its hash. */
    append(hash) {
        this.push({ level: 0, hash });
    }
    /** Appends a complete subtree that begins where the range ends. */
    push(node) {
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
    root() {
        const [last, ...before] = this.#nodes.toReversed();
        if (last === undefined)
            return EMPTY_ROOT;
        return before.reduce((right, { hash }) => nodeHash(hash, right), last.hash);
    }
}
_a = CompactRange;
/** The complete subtrees that make up the leaves from `first` up to, not including, `end`: left to right, each as large as it may be. */
export function subtreesOf(first, end) {
    const parts = [];
    for (let at = first; at < end;) {
        let level = 0;
        while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= end)
            level++;
        parts.push({ level, index: at / 2 ** level });
        at += 2 ** level;
    }
    return parts;
}
//# sourceMappingURL=range.js.map