export { openSqliteEventStore } from "./open.ts";
export type { SqliteEventStoreOptions } from "./open.ts";
export { DataFolderInUse, DataFolderNewer } from "./errors.ts";
export { openSqliteEventLog } from "./open-log.ts";
export type { SqliteEventLog } from "./open-log.ts";
