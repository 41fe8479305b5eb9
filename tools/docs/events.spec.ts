import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { catalogue } from "@grantline/domain/catalogue";
import { eventsPage } from "./events.page.ts";

describe("docs/reference/events.md", () => {
  it("is what the catalogue says today", () => {
    expect(readFileSync(new URL("../../docs/reference/events.md", import.meta.url), "utf8")).toBe(eventsPage());
  });

  it("has every event with every field", () => {
    const page = eventsPage();
    for (const events of Object.values(catalogue)) {
      for (const [type, { fields }] of Object.entries(events)) {
        const section = page.slice(page.indexOf(`### ${type}\n`));
        for (const field of Object.keys(fields)) expect(section).toContain(`| \`${field}\``);
      }
    }
  });
});
