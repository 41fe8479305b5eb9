export { openSqliteEventStore } from "./open.ts";
export type { SqliteEventStoreOptions } from "./open.ts";
export { DataFolderInUse, DataFolderNewer } from "./errors.ts";
