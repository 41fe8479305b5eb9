/*
 * Real: Spring AI's MCP server with mcp-server-security as examples/spring sets it up, in a process of its own, Grantline, the TypeScript
 * SDK's client, HTTP between them. Made: the person, who is a browser without script.
 */
import { existsSync } from "node:fs";
import { describe } from "vitest";
import { protectedServerContract } from "./support/protected-server.contract.ts";

const jar = process.env["GRANTLINE_TEST_SPRING_MCP"];
// One core and a small heap: it answers a handful of calls beside everything else
const JVM = ["-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];

describe.skipIf(jar === undefined || !existsSync(jar))("needs GRANTLINE_TEST_SPRING_MCP: Spring AI with mcp-server-security", () => {
  protectedServerContract({ program: () => ({ command: "java", args: [...JVM, "-jar", jar ?? ""] }), introspects: false });
});
