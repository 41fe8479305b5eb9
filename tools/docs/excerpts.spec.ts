import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

const PAGE = join(import.meta.dirname, "..", "..", "docs", "how-to", "integrations.md");

interface Excerpt {
  readonly file: string;
  readonly code: string;
}

/** Every block of code with the file linked last before it. Commands stand in blocks without a language. */
function excerptsOf(page: string): readonly Excerpt[] {
  const excerpts: Excerpt[] = [];
  let file = "";
  for (const [, link, code] of page.matchAll(/\]\((\.\.\/\.\.\/examples\/[^)]+)\)|^```[a-z]+\n([\s\S]*?)^```$/gm)) {
    if (link !== undefined) file = link;
    if (code !== undefined) excerpts.push({ file, code });
  }
  return excerpts;
}

describe("the page about integrations", () => {
  const excerpts = excerptsOf(readFileSync(PAGE, "utf8"));

  it("shows code of every framework", () => {
    expect(new Set(excerpts.map(({ file }) => file)).size).toBe(6);
  });

  it.each(excerpts)("shows of $file what stands there, line for line", ({ file, code }) => {
    expect(readFileSync(join(dirname(PAGE), file), "utf8")).toContain(code);
  });
});
