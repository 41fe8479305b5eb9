/*
 * Real: the Python SDK's server as examples/python sets it up, in a process of its own, Grantline, the TypeScript SDK's client, HTTP between
 * them. Made: the person, who is a browser without script.
 */
import { describe } from "vitest";
import { protectedServerContract } from "./support/protected-server.contract.ts";
import { PYTHON, pythonExample } from "./support/python.ts";

describe.skipIf(PYTHON === undefined)("needs the Python MCP SDK: its server with a verifier that introspects", () => {
  protectedServerContract({ program: () => pythonExample("mcp_sdk_server.py"), introspects: true });
});
