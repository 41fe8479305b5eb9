import { ConfigError } from "@grantline/config";
import { printable } from "./show.ts";

/** The command did its work and the answer is no (1), or it could not do it for a reason that one line explains (2). */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 2) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Failures whose message is already the one clear line. */
const SPEAKING = new Set([
  "EventStoreRefused",
  "CommandFailed",
  "DataFolderNewer",
  "DataFolderInUse",
  "RangeError",
  "EventStoreUnavailable",
  "PostgresRefused",
  "PostgresSchemaMissing",
  "PostgresSchemaNewer",
  "PostgresSchemaOlder",
  "PostgresUnfit",
  "KeyStoreError",
  "KeysUnavailable",
  "SecretStoreUnavailable",
  "SecretStoreAbsent",
  "SecretUnreadable",
  "RedisUnavailable",
]);

/** Lines for a person; a stack only for what nobody foresaw. */
export function explain(error: unknown): readonly string[] {
  if (error instanceof ConfigError) return error.problems;
  if (error instanceof Error && SPEAKING.has(error.name)) return [printable(error.message)];
  return [printable(error instanceof Error ? (error.stack ?? error.message) : String(error))];
}
