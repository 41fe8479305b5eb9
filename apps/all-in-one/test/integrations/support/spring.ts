import { existsSync } from "node:fs";
import type { StockProgram } from "./stock-server.ts";

const named = process.env["GRANTLINE_TEST_SPRING_MCP"];

/** examples/spring, built (tools/ground/spring-mcp.mjs); undefined: skip by name. */
export const SPRING: string | undefined = named !== undefined && existsSync(named) ? named : undefined;

/** One core and a small heap: it answers a handful of calls beside everything else. */
export function springExample(): StockProgram {
  return { command: "java", args: ["-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-jar", SPRING ?? ""] };
}
