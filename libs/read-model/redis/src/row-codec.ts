import { hash } from "node:crypto";
import type { ProjectionWrite, ReadModelRow } from "@grantline/read-model";
import type { Argument } from "./caller.ts";

type Columns = NonNullable<ReadModelRow["columns"]>;

/** How long the guard of a deleted row is kept, seconds. */
const TOMBSTONE_SECONDS = 30 * 24 * 3_600;

/** The eight arguments of one write; see scripts/read-model.ts. Throws TypeError for a value that is no JSON. */
export function encodeWrite(write: ProjectionWrite, now: number): readonly Argument[] {
  if (write.kind === "delete") return [write.table, write.key, write.revision, now + TOMBSTONE_SECONDS, "0", "", "", ""];
  const { key, revision, value, columns, expiresAt } = write.row;
  return [
    write.table,
    key,
    revision,
    expiresAt ?? 0,
    "1",
    indexesOf(columns).join(","),
    columns === undefined ? "" : JSON.stringify(columns),
    JSON.stringify(value ?? null),
  ];
}

export function decodeRow(key: string, stored: string): ReadModelRow {
  // JSON.stringify leaves no newline in what it makes, so the three lines are plain to see.
  const [head = "", columns = "", value = "null"] = stored.split("\n");
  const [revision, expiresAt] = head.split(" ");
  return {
    key,
    revision: Number(revision),
    value: JSON.parse(value) as unknown,
    ...(columns === "" ? {} : { columns: JSON.parse(columns) as Columns }),
    ...(expiresAt === "0" ? {} : { expiresAt: Number(expiresAt) }),
  };
}

/** The name of an index: of fixed length, and without a personal datum, whatever the column holds. */
export function indexOf(name: string, value: string): string {
  return hash("sha256", `${name}\0${value}`, "base64url").slice(0, 22);
}

function indexesOf(columns: Columns | undefined): readonly string[] {
  const indexes = Object.entries(columns ?? {}).flatMap(([name, value]) =>
    (typeof value === "string" ? [value] : value).map((each) => indexOf(name, each)),
  );
  return [...new Set(indexes)].sort();
}
