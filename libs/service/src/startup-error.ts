import { ConfigError } from "@grantline/config";

/** Failures whose message is already the one clear line. */
const SPEAKING = new Set([
  "PortError",
  "DataFolderError",
  "DataFolderNewer",
  "DataFolderInUse",
  "KeyFolderError",
  "BootstrapError",
  "KeyStoreError",
  "KeysUnavailable",
  "EventStoreRefused",
  "PostgresSchemaMissing",
  "PostgresSchemaNewer",
  "PostgresSchemaOlder",
  "PostgresUnfit",
  "PostgresRefused",
]);

/** What to print when start-up fails: a line per problem; a stack only for what nobody foresaw. */
export function explain(error: unknown): readonly string[] {
  if (error instanceof ConfigError) return error.problems;
  if (error instanceof Error && SPEAKING.has(error.name)) return [error.message];
  return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
}
