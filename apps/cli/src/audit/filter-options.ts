import { FILTERS, readQuery, type FilterName, type ReplayQuery } from "@grantline/audit";
import { InvalidArgumentError, type Command } from "commander";

const WORDS: Readonly<Record<FilterName, readonly [string, string]>> = {
  since: ["<time>", "happened at or after it (2026-03-03, or 2026-03-03T09:30:00Z)"],
  until: ["<time>", "happened before it"],
  recorded_since: ["<time>", "recorded at or after it"],
  recorded_until: ["<time>", "recorded before it"],
  actor: ["<kind:id>", "who acted: user, client, agent, operator or system, with or without an id"],
  subject: ["<id>", "about this person (pseudonym)"],
  client: ["<id>", "about this client"],
  resource: ["<uri>", "about this resource, by URI or id"],
  grant: ["<id>", "of this grant"],
  type: ["<types>", "of these types, with commas between"],
  outcome: ["<outcome>", "accepted or refused"],
  correlation_id: ["<id>", "caused by this request"],
  stream: ["<name>", "of this stream"],
};

/** Adds the filters as options: `--correlation-id` for `correlation_id`. */
export function withFilters(command: Command, leaveOut: readonly FilterName[] = []): Command {
  for (const name of FILTERS) {
    if (leaveOut.includes(name)) continue;
    const [value, words] = WORDS[name];
    command.option(`--${name.replaceAll("_", "-")} ${value}`, words);
  }
  return command;
}

/** Throws BadAuditQuery, whose message is the one line. */
export function queryOf(options: Readonly<Record<string, unknown>>): ReplayQuery {
  const given = FILTERS.map((name) => [name, options[name.replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase())]]);
  return readQuery(Object.fromEntries(given));
}

export function position(value: string): string {
  if (/^(0|[1-9]\d{0,19})$/.test(value)) return value;
  throw new InvalidArgumentError("A position is a whole number, 0 or more.");
}
