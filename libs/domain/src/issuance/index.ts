export type * from "./types.ts";
export { issuanceEvents } from "./events.ts";
