import { styleText } from "node:util";
import { Command } from "commander";
import { CommandFailed } from "../failure.ts";
import { readSecretValue } from "../secrets/read-value.ts";
import { json, printable } from "../show.ts";
import type { Terminal } from "../terminal.ts";
import { examine, type Examined } from "./examine.ts";
import type { Finding, Severity } from "./findings.ts";

interface DoctorOptions {
  readonly tokenFile?: string;
  readonly tokenStdin?: boolean;
  readonly all?: boolean;
  readonly json?: boolean;
}

export function doctorCommand(terminal: Terminal): Command {
  return new Command("doctor")
    .description(
      "Walks the way of a strict MCP client from a protected server to its token, and explains every byte that clients would refuse: challenge, resource metadata, authorization server metadata at all its places, issuer, registration, CORS. Nothing is changed or registered there. Exit code 0: no errors, 1: errors, 2: the server can't be reached.",
    )
    .argument("<url>", "the server's MCP endpoint, exactly as clients are given it")
    .option("--token-file <file>", "try this access token too; it is shown nowhere")
    .option("--token-stdin", "the same, read from standard input")
    .option("--all", "show what is as it should be, too")
    .option("--json", "every finding as JSON")
    .action(async (url: string, options: DoctorOptions) => {
      const address = requireHttp(url);
      const token =
        options.tokenFile === undefined && options.tokenStdin !== true
          ? undefined
          : (await readSecretValue("Token", options.tokenFile, terminal)).trim();
      const examined = await examine(address, {
        nowSeconds: Math.floor(Date.now() / 1000),
        onStep: (step) => terminal.error(`${step} …\n`),
        ...(token === undefined ? {} : { token }),
      });
      if (options.json === true) terminal.out(json({ ...examined, ok: examined.errors === 0 }));
      else show(examined, options.all === true, terminal);
      if (!examined.reachable) throw new CommandFailed(`${url} can't be reached`);
      if (examined.errors > 0)
        throw new CommandFailed(`${examined.errors} ${examined.errors === 1 ? "error" : "errors"}: strict clients refuse this server`, 1);
    });
}

/** As given: a slash at the end is part of what is examined. */
function requireHttp(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) && new URL(url).hash === "") return url;
  throw new CommandFailed("give the http or https URL of an MCP server, without a fragment", 1);
}

const MARKS: Readonly<Record<Severity, readonly [mark: string, style: "green" | "blue" | "yellow" | "red"]>> = {
  ok: ["ok", "green"],
  info: ["info", "blue"],
  warning: ["warn", "yellow"],
  error: ["ERROR", "red"],
};

function show({ sections, errors, warnings }: Examined, all: boolean, terminal: Terminal): void {
  for (const { area, findings } of sections) {
    const shown = findings.filter(({ severity }) => all || severity !== "ok");
    const good = findings.length - findings.filter(({ severity }) => severity !== "ok").length;
    terminal.out(`${area}${shown.length === 0 ? `: ${good} of ${findings.length} checks are fine` : ""}\n`);
    for (const finding of shown) terminal.out(line(finding, terminal));
  }
  terminal.out(`${errors} errors, ${warnings} warnings\n`);
}

function line({ severity, message, url, expected, found }: Finding, { colours }: Terminal): string {
  const [mark, style] = MARKS[severity];
  const padded = mark.padEnd(5);
  const values = expected === undefined ? "" : `        expected ${expected}\n        found    ${found ?? ""}\n`;
  const where = url === undefined ? "" : `        at ${url}\n`;
  return `  ${colours === true ? styleText(style, padded, { validateStream: false }) : padded} ${printable(message)}\n${printable(where)}${printable(values)}`;
}
