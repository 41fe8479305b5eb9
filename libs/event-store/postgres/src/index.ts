export { openPostgresEventLog } from "./event-log.ts";
export type { PostgresEventLog } from "./event-log.ts";
export { openPostgresEventStore } from "./open.ts";
export type { PostgresEventStoreOptions } from "./open.ts";
export { migratePostgres, postgresSchemaStatus } from "./migrate.ts";
export type { MigrateOptions, SchemaStatus } from "./migrate.ts";
export {
  AppendRefused,
  PostgresRefused,
  PostgresSchemaMissing,
  PostgresSchemaNewer,
  PostgresSchemaOlder,
  PostgresUnfit,
} from "./errors.ts";
