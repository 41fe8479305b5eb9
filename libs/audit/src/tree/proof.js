import { nodeHash } from "./hashing.js";
import { CompactRange, subtreesOf } from "./range.js";
/** The root of the leaves from `first` up to, not including, `end`, as one node of the tree. */
async function rootOf(subtree, first, end) {
    const range = new CompactRange();
    for (const { level, index } of subtreesOf(first, end))
        range.push({ level, hash: await subtree(level, index) });
    return range.root();
}
export function treeRoot(subtree, size) {
    return rootOf(subtree, 0, size);
}
/** The largest power of two smaller than n. */
function split(n) {
    let k = 1;
    while (k * 2 < n)
        k *= 2;
    return k;
}
/** RFC 9162 §2.1.3.1: the nodes that lead from leaf `index` to the root of a tree of `size` leaves, from the leaf upwards. */
export async function inclusionProof(subtree, index, size) {
    if (index < 0 || index >= size)
        throw new RangeError(`there is no leaf ${index} in a tree of ${size}`);
    const path = [];
    let [first, end] = [0, size];
    while (end - first > 1) {
        const middle = first + split(end - first);
        if (index < middle) {
            path.unshift(await rootOf(subtree, middle, end));
            end = middle;
        }
        else {
            path.unshift(await rootOf(subtree, first, middle));
            first = middle;
        }
    }
    return path;
}
/** RFC 9162 §2.1.4.1: the nodes that show the tree of `from` leaves to be the beginning of the one of `to`. Empty from 0 and for equal sizes. */
export async function consistencyProof(subtree, from, to) {
    if (from < 0 || from > to)
        throw new RangeError(`a tree of ${from} is no beginning of one of ${to}`);
    if (from === 0 || from === to)
        return [];
    const path = [];
    let [first, end, whole] = [0, to, true];
    while (from !== end) {
        const middle = first + split(end - first);
        if (from <= middle) {
            path.unshift(await rootOf(subtree, middle, end));
            end = middle;
        }
        else {
            path.unshift(await rootOf(subtree, first, middle));
            first = middle;
            whole = false;
        }
    }
    return whole ? path : [await rootOf(subtree, first, end), ...path];
}
/** RFC 9162 §2.1.3.2. */
export function verifyInclusion(leaf, index, size, proof, root) {
    if (index < 0 || index >= size)
        return false;
    let [fn, sn, hash] = [index, size - 1, leaf];
    for (const sibling of proof) {
        if (sn === 0)
            return false;
        if (fn % 2 === 1 || fn === sn) {
            hash = nodeHash(sibling, hash);
            while (fn % 2 === 0 && fn !== 0)
                [fn, sn] = [fn / 2, Math.floor(sn / 2)];
        }
        else {
            hash = nodeHash(hash, sibling);
        }
        [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
    }
    return sn === 0 && hash.equals(root);
}
/** RFC 9162 §2.1.4.2. A tree of 0 is the beginning of every tree. */
export function verifyConsistency(from, to, proof, fromRoot, toRoot) {
    if (from > to || from < 0)
        return false;
    if (from === to)
        return proof.length === 0 && fromRoot.equals(toRoot);
    if (from === 0)
        return proof.length === 0;
    const [seed, ...path] = Number.isInteger(Math.log2(from)) ? [fromRoot, ...proof] : proof;
    if (seed === undefined)
        return false;
    let [fn, sn] = [from - 1, to - 1];
    while (fn % 2 === 1)
        [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
    let [fr, sr] = [seed, seed];
    for (const node of path) {
        if (sn === 0)
            return false;
        if (fn % 2 === 1 || fn === sn) {
            [fr, sr] = [nodeHash(node, fr), nodeHash(node, sr)];
            while (fn % 2 === 0 && fn !== 0)
                [fn, sn] = [fn / 2, Math.floor(sn / 2)];
        }
        else {
            sr = nodeHash(sr, node);
        }
        [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
    }
    return sn === 0 && fr.equals(fromRoot) && sr.equals(toRoot);
}
//# sourceMappingURL=proof.js.map