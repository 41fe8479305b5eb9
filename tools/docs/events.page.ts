import { catalogue, streams, type StreamName } from "@grantline/domain/catalogue";
import type { AnyEventDefinition, AnyEventDefinitions } from "@grantline/domain/kernel";

const INTRODUCTION = `# Events

Written by \`tools/docs/events.ts\` from the catalogue in \`libs/domain/src/catalogue\`; do not edit. A test fails when it is out of date.

Every fact Grantline keeps is one of these events. The envelope around \`data\` (id, stream, revision, position, time, actor, hash) is the same for all.
A field is of one kind: **id**, a random identifier; **hash**, a digest of a secret or an object that holds one; **sealed**, ciphertext under a key
of its subject or day; **public**, anything anybody may read. No field holds a secret or clear personal data. Times are epoch seconds.
An event marked *ignorable* may be skipped by a reader that does not know its type; any other unknown type blocks its stream for that reader.
`;

/** docs/reference/events.md: every stream, its events, their versions and fields. */
export function eventsPage(): string {
  const names = Object.keys(catalogue) as StreamName[];
  const index = names.map((name) => `- [\`${streams[name].pattern}\`](#${name}): ${streams[name].about}`).join("\n");
  return `${[INTRODUCTION, `${index}\n`, ...names.map(stream)].join("\n")}`;
}

function stream(name: StreamName): string {
  const events: AnyEventDefinitions = catalogue[name];
  return [
    `## ${name}\n\nStream \`${streams[name].pattern}\`. ${streams[name].about}\n`,
    ...Object.entries(events).map(([type, definition]) => event(type, definition)),
  ].join("\n");
}

function event(type: string, { version, about, ignorable, fields }: AnyEventDefinition): string {
  const heading = `### ${type}\n\nVersion ${version}${ignorable ? ", ignorable" : ""}. ${about}\n`;
  const rows = Object.entries(fields).map(([name, field]) => [
    `\`${name}\`${field.optional === true ? " (optional)" : ""}`,
    field.kind,
    field.about,
  ]);
  return rows.length === 0 ? `${heading}\nNo fields.\n` : `${heading}\n${table([["field", "kind", "about"], ...rows])}`;
}

/** A markdown table, its columns aligned, so that the formatter leaves it alone. */
function table(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const [head, ...body] = cells.map((row) => `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |`);
  return `${[head, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...body].join("\n")}\n`;
}
