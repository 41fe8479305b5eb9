/*
 * Real: FastMCP 4 as examples/python sets it up, in a process of its own, Grantline, the TypeScript SDK's client, HTTP between them.
 * Made: the person, who is a browser without script.
 */
import { describe } from "vitest";
import { protectedServerContract } from "./support/protected-server.contract.ts";
import { PYTHON, pythonExample } from "./support/python.ts";

describe.skipIf(PYTHON === undefined)("needs FastMCP: RemoteAuthProvider with", () => {
  describe("JWTVerifier", () => {
    protectedServerContract({ program: () => pythonExample("fastmcp_jwt.py"), introspects: false });
  });
  describe("IntrospectionTokenVerifier", () => {
    protectedServerContract({ program: () => pythonExample("fastmcp_introspection.py"), introspects: true });
  });
});
