export { diffOf, type Changes, type StateDiff } from "./diff.ts";
export type { AccessEntry } from "./entries.ts";
export type { Explanation } from "./fold.ts";
export { momentNow, momentOf, type Moment } from "./moment.ts";
export { foldState, type FoldedState, type StateQuery } from "./state-at.ts";
export { viewOf, type StateView } from "./view.ts";
