/** Somebody else has let the tree grow: what is in memory is no longer what is stored. */
export class TreeMoved extends Error {
    name = "TreeMoved";
}
//# sourceMappingURL=port.js.map