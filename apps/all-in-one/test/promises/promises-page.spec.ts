import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..", "..", "..");
const page = readFileSync(join(root, "docs", "promises.md"), "utf8");

interface Section {
  readonly promise: string;
  readonly held: readonly string[];
  readonly distributed: readonly string[];
  readonly broken: readonly string[];
}

/** Each `## P…` with the lines under its three headings. */
const sections: readonly Section[] = page
  .split(/^## /m)
  .slice(1)
  .map((text) => {
    const [held = "", distributed = "", broken = ""] = text.slice(text.indexOf("\nHeld by\n")).split(/\n(?:Distributed|Broken)\n/);
    const lines = (part: string): readonly string[] => part.split("\n").filter((line) => line.startsWith("- "));
    return { promise: text.split(" ")[0] as string, held: lines(held), distributed: lines(distributed), broken: lines(broken) };
  });

/** Of a test, its file and title, as a line names it; the rest of a line about a break comes after an arrow. */
function namedIn(line: string): { readonly file: string; readonly title: string } | undefined {
  const [, file, title] = /`([^`]+\.ts)`: (.+?)(?: → .*)?$/.exec(line) ?? [];
  return file === undefined || title === undefined ? undefined : { file, title };
}

describe("docs/promises.md", () => {
  it("has all fourteen promises, in order", () => {
    expect(sections.map(({ promise }) => promise)).toEqual(Array.from({ length: 14 }, (_, index) => `P${index + 1}`));
  });

  it.each(sections)("says of $promise which tests hold it and how it was broken", ({ held, broken }) => {
    expect(held.length).toBeGreaterThan(2);
    expect(broken.length).toBeGreaterThan(0);
    for (const line of broken) expect(line).toMatch(/^- .+ → `.+\.spec\.ts`: .+ → .+\.$/);
  });

  it.each(sections)("says of $promise which tests hold it in the distributed shape", ({ distributed }) => {
    expect(distributed.length).toBeGreaterThan(0);
  });

  it.each(sections)("names tests of $promise that exist under that title", ({ held, distributed, broken }) => {
    const missing = [...held, ...distributed, ...broken].filter((line) => {
      const named = namedIn(line);
      if (named === undefined || !existsSync(join(root, named.file))) return true;
      return !readFileSync(join(root, named.file), "utf8").includes(named.title);
    });
    expect(missing).toEqual([]);
  });
});
