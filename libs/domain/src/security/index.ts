export type * from "./types.ts";
export { securityEvents } from "./events.ts";
