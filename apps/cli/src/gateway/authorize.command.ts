import { setTimeout as wait } from "node:timers/promises";
import { Command } from "commander";
import { CommandFailed } from "../failure.ts";
import { browserAddress, openBrowser } from "../person/open-browser.ts";
import { withPersonOptions, type PersonOptions } from "../person/person-session.ts";
import { json } from "../show.ts";
import type { Terminal } from "../terminal.ts";
import { callGateway } from "./gateway-api.ts";
import { serverName } from "./server-name.ts";

interface AuthorizeOptions extends PersonOptions {
  readonly scopes: readonly string[];
  readonly device?: boolean;
  readonly browser: boolean;
}

const LOOK_MS = 2_000;

export function authorizeCommand(terminal: Terminal): Command {
  return withPersonOptions(new Command("authorize"))
    .description("Connects you to a server behind the gateway: opens the page where you allow it, and waits.")
    .argument("<server>", "its name, as server ls lists it", serverName)
    .option("--scopes <scope...>", "ask for these besides those the server always needs", [])
    .option("--device", "the same as --no-browser: the address can be opened in any browser anywhere")
    .option("--no-browser", "don't open a browser, show the address")
    .action(async (server: string, options: AuthorizeOptions, command: Command) => {
      const scopes = options.scopes.flatMap((each) => each.split(/[\s,]+/)).filter((each) => each !== "");
      const begun = await callGateway(command, terminal, {
        method: "POST",
        path: `/connections/${server}`,
        body: scopes.length === 0 ? {} : { scopes },
      });
      const url = browserAddress(String(begun["url"]));
      const opened = options.browser && options.device !== true && (await (terminal.open ?? openBrowser)(url));
      terminal.error(
        opened
          ? `Go on in your browser. If it did not open, go to:\n${url}\n`
          : `Open this address in any browser; you log in there as who you are here:\n${url}\n`,
      );
      await done(command, terminal, { id: String(begun["id"]), expiresAt: Number(begun["expires_at"]) });
      terminal.out(options.json === true ? json({ server, status: "done" }) : `connected to ${server}\n`);
    });
}

/** Asks every two seconds how it stands. */
async function done(
  command: Command,
  terminal: Terminal,
  { id, expiresAt }: { readonly id: string; readonly expiresAt: number },
): Promise<void> {
  for (;;) {
    const { status } = await callGateway(command, terminal, { method: "GET", path: `/authorizations/${encodeURIComponent(id)}` });
    if (status === "done") return;
    if (status !== "pending") throw new CommandFailed("the authorization did not end well; see the page in the browser", 1);
    if (Date.now() / 1000 >= expiresAt) throw new CommandFailed("nobody went through the page in time", 1);
    await wait(LOOK_MS);
  }
}
