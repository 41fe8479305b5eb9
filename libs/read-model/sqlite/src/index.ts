export { openSqliteReadModel, type SqliteReadModelOptions } from "./sqlite-read-model.ts";
export { openSqliteEphemeralStore, type SqliteEphemeralOptions } from "./sqlite-ephemeral-store.ts";
