import { McpServer, type AuthInfo, type ScopeChallengeHandler } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { Introspection } from "./introspection.ts";

/** One note per person, in memory. */
export type Notes = Map<string, string>;

/** Two tools: one for the scope every caller holds, one that makes a client ask its user for more (step-up). */
export function notesServer(notes: Notes, caller: AuthInfo | undefined, tokens: Pick<Introspection, "tellNeeded">): McpServer {
  const server = new McpServer({ name: "example-notes", version: "1.0.0" });
  const owner = String(caller?.extra?.["sub"]);
  server.registerTool("read_note", { description: "Reads your note", inputSchema: z.object({}) }, () => ({
    content: [{ type: "text", text: notes.get(owner) ?? "(empty)" }],
  }));
  server.registerTool(
    "write_note",
    {
      description: "Replaces your note",
      inputSchema: z.object({ text: z.string().max(10_000) }),
      scopeChallenge: needs(tokens, "notes:write"),
    },
    ({ text }) => {
      notes.set(owner, text);
      return { content: [{ type: "text", text: "written" }] };
    },
  );
  return server;
}

/**
 * Answers 403 with `error="insufficient_scope"` when a scope is missing. The challenge names what the caller holds already too:
 * clients before revision 2026-07-28 ask for exactly the challenge and would lose the rest.
 */
function needs(tokens: Pick<Introspection, "tellNeeded">, ...required: readonly [string, ...string[]]): ScopeChallengeHandler {
  return async ({ authInfo }) => {
    // not offline_access: that is between a client and its authorization server
    const held = (authInfo?.scopes ?? []).filter((scope) => scope !== "offline_access");
    if (required.every((scope) => held.includes(scope))) return undefined;
    if (authInfo !== undefined) await tokens.tellNeeded(authInfo.token, required);
    const [first, ...rest] = new Set([...required, ...held]);
    return { scopes: [first ?? required[0], ...rest], errorDescription: "This tool needs more permission" };
  };
}
