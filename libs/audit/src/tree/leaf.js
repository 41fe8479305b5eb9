import { hash } from "node:crypto";
/**
 * The bytes of a leaf: `["stream",revision,"hash"]`, JSON without white space. `hash` covers the body and everything before it in the stream, so
 * the leaf needs no more; the position is not in it (P10), because a copy of the log in another store has others. The order is the tree's own.
 */
export function leafBytes({ stream, revision, hash }) {
    return Buffer.from(leafText(stream, revision, hash));
}
/** A hash of ours is base64url and a stream rarely needs escaping: writing it by hand is four times as fast. */
function leafText(stream, revision, hash) {
    return PLAIN.test(stream) && PLAIN.test(hash) ? `["${stream}",${revision},"${hash}"]` : JSON.stringify([stream, revision, hash]);
}
const PLAIN = /^[\w.:-]*$/;
/** RFC 9162 §2.1.1, of the leaf of an event. Without making its bytes first: this runs for every event there is. */
export function eventLeafHash({ stream, revision, hash: link }) {
    return hash("sha256", `\0${leafText(stream, revision, link)}`, "buffer");
}
/** Undefined for bytes that are no leaf of ours. */
export function parseLeaf(bytes) {
    try {
        const [stream, revision, hash] = JSON.parse(Buffer.from(bytes).toString());
        return typeof stream === "string" && typeof revision === "number" && typeof hash === "string" ? { stream, revision, hash } : undefined;
    }
    catch {
        return undefined; // the question was whether it is one
    }
}
//# sourceMappingURL=leaf.js.map