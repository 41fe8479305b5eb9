import { readFileSync } from "node:fs";
import { createProgram } from "@grantline/cli";
import { describe, expect, it } from "vitest";
import { cliPage, commandsOf, pathOf } from "./cli.page.ts";

const commands = commandsOf(createProgram());

describe("docs/reference/cli.md", () => {
  it("is what the command tree says today", () => {
    expect(readFileSync(new URL("../../docs/reference/cli.md", import.meta.url), "utf8")).toBe(cliPage());
  });

  it("has every command", () => {
    const page = cliPage();
    expect(commands.length).toBeGreaterThan(50);
    for (const command of commands) expect(page).toContain(`## ${pathOf(command)}\n`);
  });
});

describe("every command", () => {
  it.each(commands.map((command) => [pathOf(command), command] as const))("%s explains itself and its options", (_path, command) => {
    for (const text of [command.description(), ...command.options.map(({ description }) => description)]) expect(text).not.toBe("");
  });

  it("that answers something can answer as JSON", () => {
    // These answer with files, a shell script, or JSON anyway
    const others = /^grantline (complete|events list|audit (replay|sample|evidence|subject))$/;
    const without = commands.filter((command) => !others.test(pathOf(command)) && !command.options.some(({ long }) => long === "--json"));
    expect(without.map(pathOf)).toEqual([]);
  });

  it("takes no secret as an argument", () => {
    // A file, a name, or standard input: what is in argv can be read by every user of the machine
    const named = commands.flatMap((command) =>
      [...command.options.map(({ flags }) => flags), ...command.registeredArguments.map((each) => each.name())]
        .filter((each) => /secret|token|password|passphrase/i.test(each) && !/-file|-stdin/.test(each))
        .map((each) => `${pathOf(command)} ${each}`),
    );
    expect(named).toEqual([]);
  });
});
