/*
 * Real: mcp-remote 0.15 between a program that speaks over standard input and output and the example MCP server, Grantline, HTTP between
 * them, https for the metadata document. Made: the program, and the person, who is a browser without script.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { MetadataDocumentServer } from "../support/metadata-document-server.ts";
import { startNotesWorld, type NotesWorld } from "../support/notes-world.ts";
import { publishDocument } from "../support/registrations.ts";
import { NPM_CLIENTS, npmClient } from "./support/npm-clients.ts";
import { runStockClient, type Finished } from "./support/stock-client.ts";
import { StdioProgram } from "./support/stdio-program.ts";

describe.skipIf(NPM_CLIENTS === undefined)("needs mcp-remote", () => {
  let world: NotesWorld;
  let document: MetadataDocumentServer;
  let folder: string;

  beforeAll(async () => {
    document = await publishDocument();
    world = await startNotesWorld();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "grantline-mcp-remote-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  afterAll(async () => {
    await world?.close();
    await document?.close();
  });

  const CALLS = [
    { method: "tools/call", params: { name: "read_note", arguments: {} } },
    { method: "tools/call", params: { name: "write_note", arguments: { text: "through a bridge" } } },
    { method: "tools/call", params: { name: "read_note", arguments: {} } },
  ];

  /** Runs it until the program behind it has had its answers; their texts. */
  async function run(...more: readonly string[]): Promise<Finished & { readonly texts: readonly unknown[] }> {
    const program = new StdioProgram(CALLS);
    const finished = await runStockClient(npmClient("mcp-remote/dist/proxy.js", world.resource, ...more), {
      person: world.platform.person(),
      env: { MCP_REMOTE_CONFIG_DIR: folder, HOME: folder },
      program,
    });
    return { ...finished, texts: program.results(finished.out).map(textOf) };
  }

  it.each(["dynamic registration", "metadata document"])(
    "known by %s, brings a program without OAuth to a server it knows by its URL, and steps up on the way",
    async (how) => {
      const byDocument = ["--client-metadata-url", document.url, "--callback-path", "/callback"];
      const { texts, visits, troubles } = await run(...(how === "metadata document" ? byDocument : []));
      expect({ texts, troubles }).toEqual({ texts: [expect.any(String), "written", "through a bridge"], troubles: [] });
      expect(visits.map(({ searchParams }) => searchParams.get("scope")?.split(" ").sort())).toEqual([
        ["notes:read", "offline_access"],
        ["notes:read", "notes:write", "offline_access"],
      ]);
      expect(visits[0]?.searchParams.get("resource")).toBe(world.resource);
      expect(visits[0]?.searchParams.get("client_id") === document.url).toBe(how === "metadata document");
    },
  );

  it("asks nobody on its next start, and everything again after the grant was revoked", async () => {
    const first = await run();
    expect(first.visits).toHaveLength(2);
    expect((await run()).visits).toEqual([]);
    await world.platform.admin.call("DELETE", `/grants?client_id=${first.visits[0]?.searchParams.get("client_id")}`);
    const after = await run();
    expect(after.texts).toEqual(["through a bridge", "written", "through a bridge"]);
    expect(after.visits.length).toBeGreaterThan(0);
  });
});

/** The text of a tool's answer; of an error, the error as it came. */
function textOf(result: unknown): unknown {
  const { content } = result as { readonly content?: readonly { readonly text?: string }[] };
  return content?.[0]?.text ?? result;
}
