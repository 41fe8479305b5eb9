export type * from "./types.ts";
export { gatewayEvents } from "./events.ts";
