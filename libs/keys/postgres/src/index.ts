export { KeysUnavailable } from "./errors.ts";
export { migrateKeysPostgres } from "./migrate.ts";
export type { MigrationReport } from "./migrate.ts";
export { openPostgresKeys } from "./open-postgres-keys.ts";
export type { PostgresKeys, PostgresKeysOptions } from "./open-postgres-keys.ts";
export { rewrapKeys } from "./rewrap.ts";
export type { RewrapOptions, RewrapReport } from "./rewrap.ts";
