import { existsSync } from "node:fs";
import { join } from "node:path";
import type { StockProgram } from "./stock-server.ts";

const named = process.env["GRANTLINE_TEST_MCP_CLIENTS"];

/** Where mcp-remote and the Inspector are installed (tools/ground/mcp-clients.mjs); undefined: skip by name. */
export const NPM_CLIENTS: string | undefined = named !== undefined && existsSync(named) ? named : undefined;

/** One of their programs, by its file below `node_modules`. */
export function npmClient(file: string, ...args: readonly string[]): StockProgram {
  return { command: process.execPath, args: [join(NPM_CLIENTS ?? "", file), ...args] };
}
