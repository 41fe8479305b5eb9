export { EventStoreRefused } from "./errors.ts";
export { openEventStoreDb } from "./open.ts";
export type { EventStoreDbOptions } from "./open.ts";
