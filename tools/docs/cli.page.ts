import { createProgram } from "@grantline/cli";
import type { Argument, Command, Option } from "commander";

const INTRODUCTION = `# Command line

Written by \`tools/docs/cli.ts\` from the commands themselves; do not edit. A test fails when it is out of date. How to use it: [the command line](../how-to/cli.md).

## Exit codes

| code | meaning                                                                |
| ---- | ---------------------------------------------------------------------- |
| 0    | done                                                                   |
| 1    | the answer is no: a broken log, a refused request, a wrong command     |
| 2    | it could not be tried: no server, no settings, a store that is away    |

Answers go to standard output, what only informs (progress, notes, questions) to standard error; with \`--json\` the answer is one JSON value. Colours are for terminals, and for nobody with \`NO_COLOR\`.

## Options of every command
`;

/** docs/reference/cli.md: every command there is, from the tree that serves them. */
export function cliPage(): string {
  const program = createProgram();
  const sections = commandsOf(program).map(sectionOf);
  return `${INTRODUCTION}\n${program.options.map(optionLine).join("\n")}\n\n${sections.join("\n")}`;
}

/** Every command that does something, depth first, in the order of the help. */
export function commandsOf(command: Command): readonly Command[] {
  return command.commands.flatMap((each) => (each.commands.length === 0 ? [each] : commandsOf(each)));
}

/** `grantline oauth ls` */
export function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

function sectionOf(command: Command): string {
  const lines = [...command.registeredArguments.map(argumentLine), ...command.options.map(optionLine)];
  return [
    `## ${pathOf(command)}`,
    "",
    plain(command.description()),
    "",
    "```",
    `${pathOf(command)} ${command.usage()}`,
    "```",
    "",
    ...(lines.length === 0 ? [] : [...lines, ""]),
  ].join("\n");
}

function argumentLine(argument: Argument): string {
  const about = argument.description === "" ? "" : `: ${plain(argument.description)}`;
  return `- \`${argument.name()}\`${argument.required ? "" : " (optional)"}${about}`;
}

function optionLine({ flags, description, defaultValue, argChoices, mandatory }: Option): string {
  const notes = [
    ...(mandatory ? ["required"] : []),
    ...(argChoices === undefined ? [] : [`one of ${argChoices.join(", ")}`]),
    ...(typeof defaultValue === "string" || typeof defaultValue === "number" ? [`default ${defaultValue}`] : []),
  ];
  return `- \`${flags}\`: ${plain(description)}${notes.length === 0 ? "" : ` (${notes.join("; ")})`}`;
}

/** What would be markup is not meant as such. */
function plain(text: string): string {
  return text.replaceAll(/[*<>]/g, (mark) => `\\${mark}`);
}
