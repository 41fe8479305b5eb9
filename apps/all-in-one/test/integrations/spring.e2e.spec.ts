/*
 * Real: Spring AI's MCP server with mcp-server-security as examples/spring sets it up, in a process of its own, Grantline, the TypeScript
 * SDK's client, HTTP between them. Made: the person, who is a browser without script.
 */
import { describe } from "vitest";
import { protectedServerContract } from "./support/protected-server.contract.ts";
import { SPRING, springExample } from "./support/spring.ts";

describe.skipIf(SPRING === undefined)("needs GRANTLINE_TEST_SPRING_MCP: Spring AI with mcp-server-security", () => {
  protectedServerContract({ program: springExample, introspects: false });
});
