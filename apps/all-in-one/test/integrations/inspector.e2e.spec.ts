/*
 * Real: the MCP Inspector 2.12 on its command line, a process for each call, the example MCP server, Grantline, HTTP between them, https for
 * the metadata document. Made: the person, who is a browser without script. No step-up here: on the command line the Inspector answers
 * insufficient_scope by asking for the scopes it has.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@grantline/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { MetadataDocumentServer } from "../support/metadata-document-server.ts";
import { startNotesWorld, type NotesWorld } from "../support/notes-world.ts";
import { publishDocument } from "../support/registrations.ts";
import { NPM_CLIENTS, npmClient } from "./support/npm-clients.ts";
import { runStockClient, type Finished } from "./support/stock-client.ts";

const INSPECTOR = "@modelcontextprotocol/inspector/clients/launcher/build/index.js";

describe.skipIf(NPM_CLIENTS === undefined)("needs the Inspector", () => {
  let world: NotesWorld;
  let document: MetadataDocumentServer;
  let folder: string;
  let port: number;

  beforeAll(async () => {
    document = await publishDocument();
    world = await startNotesWorld();
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "grantline-inspector-"));
    port = await freePort();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  afterAll(async () => {
    await world?.close();
    await document?.close();
  });

  function inspect(...args: readonly string[]): Promise<Finished> {
    const where = [
      "--cli",
      world.resource,
      "--transport",
      "http",
      "--callback-url",
      `http://127.0.0.1:${port}/callback`,
      "--format",
      "json",
    ];
    const env = { HOME: folder, MCP_AUTO_OPEN_ENABLED: "true", MCP_INSPECTOR_SECRET_STORE: "file" };
    return runStockClient(npmClient(INSPECTOR, ...where, ...args), { person: world.platform.person(), env });
  }

  const readNote = (...more: readonly string[]): Promise<Finished> =>
    inspect("--method", "tools/call", "--tool-name", "read_note", ...more);

  function clientOf({ visits }: Finished): string {
    return visits.at(-1)?.searchParams.get("client_id") ?? "";
  }

  it.each(["dynamic registration", "metadata document"])(
    "known by %s, finds its way from the URL, asks its user once and keeps what it got",
    async (how) => {
      const known = how === "metadata document" ? ["--client-metadata-url", document.url] : [];
      const first = await inspect("--method", "tools/list", ...known);
      expect(first).toMatchObject({ code: 0, troubles: [], visits: [expect.any(URL)] });
      expect(first.out).toContain('"write_note"');
      expect(clientOf(first) === document.url).toBe(how === "metadata document");
      expect(first.visits[0]?.searchParams.get("resource")).toBe(world.resource);
      const second = await readNote(...known);
      expect(second).toMatchObject({ code: 0, visits: [] });
      expect(second.out).toContain('"text":"(empty)"');
    },
  );

  it("is shut out by the call after its grant was revoked, and asks again where it may", async () => {
    const client = clientOf(await readNote());
    await world.platform.admin.call("DELETE", `/grants?client_id=${client}`);
    const alone = await readNote("--stored-auth-only");
    expect(alone).toMatchObject({ code: 3, visits: [] });
    expect(alone.error).toContain("auth_required");
    expect(await readNote()).toMatchObject({ code: 0, visits: [expect.any(URL)] });
  });
});
