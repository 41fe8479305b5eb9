import { PostgresUnfit } from "./errors.ts";

export const DEFAULT_SCHEMA = "grantline";

/** A name that needs no quoting anywhere: it also stands in a channel and in the text of functions. */
export function checkedSchema(name: string = DEFAULT_SCHEMA): string {
  if (/^[a-z_][a-z0-9_]{0,39}$/.test(name) && !name.startsWith("pg_")) return name;
  throw new PostgresUnfit(`${JSON.stringify(name)} can't be the schema: use 1 to 40 lower-case letters, digits and underscores`);
}

/** The channel a commit is told on; the payload is the position reached. */
export const channelOf = (schema: string): string => `${schema}_events`;
