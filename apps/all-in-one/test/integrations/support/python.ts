import { existsSync } from "node:fs";
import { join } from "node:path";
import type { StockProgram } from "./stock-server.ts";

const EXAMPLES = join(import.meta.dirname, "..", "..", "..", "..", "..", "examples", "python");
const named = process.env["GRANTLINE_TEST_PYTHON_MCP"];

/** The Python that has FastMCP and the official SDK (tools/ground/python-mcp.mjs); undefined: skip by name. */
export const PYTHON: string | undefined = named !== undefined && existsSync(named) ? named : undefined;

/** A program of examples/python. */
export function pythonExample(file: string, ...args: readonly string[]): StockProgram {
  // -B: nothing is written beside the examples
  return { command: PYTHON ?? "python3", args: ["-B", join(EXAMPLES, file), ...args] };
}
