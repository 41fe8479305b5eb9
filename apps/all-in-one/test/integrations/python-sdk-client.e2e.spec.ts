/*
 * Real: the Python SDK's client as examples/python sets it up, in a process of its own, the example MCP server, Grantline, HTTP between them,
 * https for the metadata document. Made: the person, who is a browser without script.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MetadataDocumentServer } from "../support/metadata-document-server.ts";
import { startNotesWorld, type NotesWorld } from "../support/notes-world.ts";
import { publishDocument } from "../support/registrations.ts";
import { PYTHON, pythonExample } from "./support/python.ts";
import { runStockClient } from "./support/stock-client.ts";

describe.skipIf(PYTHON === undefined)("needs the Python MCP SDK: its client", () => {
  let world: NotesWorld;
  let document: MetadataDocumentServer;

  beforeAll(async () => {
    document = await publishDocument();
    world = await startNotesWorld();
  });
  afterAll(async () => {
    await world?.close();
    await document?.close();
  });

  it.each(["dynamic registration", "metadata document"])(
    "known by %s, finds its way from the URL, reads, steps up and writes, asking its user twice",
    async (how) => {
      const { code, out, error, visits } = await runStockClient(pythonExample("client.py", world.resource), {
        person: world.platform.person(),
        env: how === "metadata document" ? { CLIENT_METADATA_URL: document.url } : {},
      });
      expect({ code, out, error }).toMatchObject({ code: 0, error: "" });
      expect(out.match(/^\w+_note: .*$/gm)).toEqual([
        expect.stringMatching(/^read_note: /),
        "write_note: written",
        "read_note: bought milk",
      ]);
      expect(visits.map(({ searchParams }) => searchParams.get("scope")?.split(" ").sort())).toEqual([
        ["notes:read", "offline_access"],
        ["notes:read", "notes:write", "offline_access"],
      ]);
      expect(out.includes(`Connected as ${document.url}`)).toBe(how === "metadata document");
      expect(visits[0]?.searchParams.get("resource")).toBe(world.resource);
    },
  );
});
