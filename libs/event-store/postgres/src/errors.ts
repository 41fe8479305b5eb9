import { EventStoreUnavailable } from "@grantline/event-store";

/** The database holds no Grantline schema: nobody has migrated it yet. */
export class PostgresSchemaMissing extends Error {
  override readonly name = "PostgresSchemaMissing";
}

/** The schema is older than this release; a migration is due. */
export class PostgresSchemaOlder extends Error {
  override readonly name = "PostgresSchemaOlder";
}

/** The schema was made by a newer release; working on it could lose what that release knows. */
export class PostgresSchemaNewer extends Error {
  override readonly name = "PostgresSchemaNewer";
}

/** The server, or how it is set, can't keep our promises: the message says what to change. */
export class PostgresUnfit extends Error {
  override readonly name = "PostgresUnfit";
}

/** The server is there and refuses us: a wrong login, no such database, a missing right. */
export class PostgresRefused extends Error {
  override readonly name = "PostgresRefused";
}

/** PostgreSQL would not take these very events, whatever else goes on; nothing of them was stored. */
export class AppendRefused extends Error {
  override readonly name = "AppendRefused";
}

/** Host, port and database of a connection string, without user and password: what may stand in an error. */
export function placeOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname || "localhost"}:${port || "5432"}${pathname}`;
}

/** Five characters of SQLSTATE, when the server answered at all. */
export function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as { readonly code?: unknown }).code : undefined;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** Does it lie in the events themselves? Bad data, a broken constraint, a limit of the engine: the same append would fail again. */
export function liesInTheData(error: unknown): boolean {
  return /^(22|23|54)/.test(sqlState(error) ?? "");
}

/** For callers of a store that is open: whatever went wrong between us and the server, the outcome is unknown. */
export function unavailable(doing: string, error: unknown): EventStoreUnavailable {
  if (error instanceof EventStoreUnavailable) return error;
  return new EventStoreUnavailable(`the event store could not ${doing}: ${reason(error)}`, { cause: error });
}

/** For what happens before there is a store, when a person should read one clear line. */
export function connectionFailure(url: string, error: unknown): Error {
  if (error instanceof EventStoreUnavailable || (error instanceof Error && error.name.startsWith("Postgres"))) return error;
  const state = sqlState(error) ?? "";
  const where = `PostgreSQL at ${placeOf(url)}`;
  // 28: wrong login; 3D: no such database; 42501: no right.
  if (/^(28|3D)/.test(state) || state === "42501") return new PostgresRefused(`${where} refuses: ${reason(error)}`, { cause: error });
  return new EventStoreUnavailable(`${where} can't be reached: ${reason(error)}`, { cause: error });
}

function reason(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reason(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
}
