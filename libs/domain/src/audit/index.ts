export type * from "./types.ts";
export { auditEvents } from "./events.ts";
