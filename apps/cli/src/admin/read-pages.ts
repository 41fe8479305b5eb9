import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import type { Terminal } from "../terminal.ts";
import { callAdminApi, type Answer } from "./admin-api.ts";

export interface PageOptions {
  readonly limit: number;
}

const PAGE = 100;

/** Adds --limit; a listing is read page by page up to it. */
export function withLimit(command: Command): Command {
  return command.option("--limit <n>", "at most so many", wholeNumber, 1_000);
}

/** Items of a listing, as many as wanted; says on standard error when there are more. */
export async function readPages(
  command: Command,
  terminal: Terminal,
  path: string,
  of: { readonly query: Readonly<Record<string, string | undefined>>; readonly limit: number },
): Promise<readonly Answer[]> {
  const items: Answer[] = [];
  for (let cursor: string | undefined; ;) {
    const query = new URLSearchParams({ limit: String(Math.min(PAGE, of.limit - items.length)) });
    for (const [name, value] of Object.entries({ ...of.query, cursor })) if (value !== undefined) query.set(name, value);
    const answer = await callAdminApi(command, terminal, { method: "GET", path: `${path}?${query.toString()}` });
    items.push(...(answer["items"] as readonly Answer[]));
    cursor = answer["next_cursor"] as string | undefined;
    if (cursor === undefined) return items;
    if (items.length >= of.limit) {
      terminal.error(`there are more than ${of.limit}; give --limit\n`);
      return items;
    }
  }
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (/^[1-9]\d{0,6}$/.test(value)) return number;
  throw new InvalidArgumentError("Give a whole number from 1 on.");
}
