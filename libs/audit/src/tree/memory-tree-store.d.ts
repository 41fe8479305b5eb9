import { type TreeStore } from "./port.ts";
/** A tree for the life of a process: it is grown from the log again at each start. */
export declare function createMemoryTreeStore(): TreeStore;
