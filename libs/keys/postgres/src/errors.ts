import { EventStoreUnavailable } from "@grantline/event-store";
import { KeyStoreError } from "@grantline/keys/wrapping";

/**
 * PostgreSQL can't be reached, or this process can't use what it holds just now. Kin of EventStoreUnavailable: whoever asked is answered 503 with
 * Retry-After (P7) and nothing is guessed.
 */
export class KeysUnavailable extends EventStoreUnavailable {
  override readonly name = "KeysUnavailable";
}

const MIGRATE = "run `grantline database migrate`; a serving process never changes a schema";

/** The schema is not there. */
export function schemaMissing(): KeyStoreError {
  return new KeyStoreError(`PostgreSQL holds no key tables (schema grantline_keys): ${MIGRATE}`);
}

/** The schema is there but made by another version, or by somebody else. */
export function schemaForeign(found: string, known: number): KeyStoreError {
  return new KeyStoreError(`the schema grantline_keys in PostgreSQL is ${found}, this release knows version ${known}: ${MIGRATE}`);
}

/** SQLSTATE classes and codes under which the same call may succeed later: no connection, resources, shutdown, timeouts, deadlock, read-only standby. */
const TEMPORARY = /^(08...|53...|57P0.|57014|55P03|40...|25006)$/;
/** Who we are or what we asked to be connected to is refused; the server's line says which. */
const REFUSED = /^(28...|3D000|42501)$/;
const UNDEFINED_TABLE_OR_SCHEMA = /^(42P01|3F000)$/;

/** An error of `pg` in our words; what is a fault of ours stays as it is. */
export function translated(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof KeyStoreError || error instanceof EventStoreUnavailable) return error;
  if (error instanceof TypeError || error instanceof RangeError) return error;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (UNDEFINED_TABLE_OR_SCHEMA.test(code)) return schemaMissing();
  if (REFUSED.test(code)) return new KeyStoreError(`PostgreSQL refuses: ${error.message}`, { cause: error });
  // Errors of the server carry a severity; one without is of the network: refused, timed out, closed.
  const temporary = TEMPORARY.test(code) || !("severity" in error);
  return temporary ? new KeysUnavailable(`keys in PostgreSQL: ${error.message || code}`, { cause: error }) : error;
}
