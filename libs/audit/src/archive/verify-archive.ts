import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { StoredEvent } from "@grantline/event-store";
import { openCheckpoint } from "../checkpoint/checkpoint.ts";
import type { NoteVerifier } from "../note/note.ts";
import type { Leaf } from "../tree/leaf.ts";
import type { Node } from "../tree/range.ts";
import type { AuditVerification, Broken } from "../verify/types.ts";
import { verifyAudit } from "../verify/verify-audit.ts";
import { archivedTree } from "./archived-tree.ts";
import { linesOf } from "./lines.ts";
import { LEAVES, LINKS, type Manifest, MANIFEST, MANIFEST_NOTE, POSITIONS, signsManifest } from "./manifest.ts";

export interface ArchiveToVerify {
  readonly folder: string;
  /** From elsewhere than the archive: whoever forged it wrote a key of theirs beside it. */
  readonly verifier: NoteVerifier;
  /** Checkpoints that were taken off the box; those of a size inside the archive are held against it. */
  readonly exported?: readonly string[];
  readonly onEvent?: (events: number) => void;
}

/** Verifies an archive without the server: manifest, files, every event, its leaves against the signed checkpoint. */
export async function verifyArchive({ folder, verifier, exported = [], onEvent }: ArchiveToVerify): Promise<AuditVerification> {
  const text = await readFile(join(folder, MANIFEST), "utf8");
  const broken = (why: Broken["why"], file: string): Broken => ({ kind: "broken", why, file, events: 0 });
  if (!signsManifest(await readFile(join(folder, MANIFEST_NOTE), "utf8"), text, verifier)) return broken("signature", MANIFEST);
  const manifest = JSON.parse(text) as Manifest;
  const altered: string[] = [];
  for (const { name, sha256 } of manifest.files.filter((file) => !file.name.startsWith("events-"))) {
    if (!existsSync(join(folder, name)) || (await digestOf(join(folder, name))) !== sha256) altered.push(name);
  }
  if (altered.includes(LINKS)) return broken("file-altered", LINKS);
  const leavesHold = !altered.includes(LEAVES) && !altered.includes(POSITIONS);
  const tree = leavesHold ? await archivedTree(folder, manifest) : undefined;
  try {
    const verification = await verifyAudit({
      pages: archivedPages(folder, manifest, (name) => altered.push(name)),
      checkpoints: [manifest.checkpoint, ...exported.filter((note) => inside(note, manifest, verifier))],
      verifier,
      segments: manifest.segments,
      before: { nodes: nodesOf(manifest.before), links: await linksOf(folder) },
      after: nodesOf(manifest.after),
      ...(tree === undefined ? {} : { tree: { reader: tree.reader, size: manifest.end, trusted: true } }),
      ...(onEvent === undefined ? {} : { onEvent }),
    });
    // The events hold; a file that was altered all the same says so
    return verification.kind === "broken" || altered[0] === undefined
      ? verification
      : { ...broken("file-altered", altered[0]), events: verification.events };
  } finally {
    await tree?.close();
  }
}

function inside(note: string, { first, end }: Manifest, verifier: NoteVerifier): boolean {
  const size = openCheckpoint(note, verifier)?.size ?? 0;
  return size > first && size <= end;
}

function nodesOf(nodes: Manifest["before"]): readonly Node[] {
  return nodes.map(({ level, hash }) => ({ level, hash: Buffer.from(hash, "base64url") }));
}

async function linksOf(folder: string): Promise<readonly Leaf[]> {
  return (await readFile(join(folder, LINKS), "utf8"))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Leaf);
}

async function digestOf(file: string): Promise<string> {
  const digest = createHash("sha256");
  for await (const chunk of createReadStream(file)) digest.update(chunk as Buffer);
  return digest.digest("hex");
}

const PAGE = 2_000;

/** The events as archived; files that do not have their digest are told when they have been read. */
async function* archivedPages(
  folder: string,
  { files }: Manifest,
  onAltered: (name: string) => void,
): AsyncGenerator<readonly StoredEvent[]> {
  for (const { name, sha256 } of files.filter((file) => file.name.startsWith("events-"))) {
    const digest = createHash("sha256");
    let page: StoredEvent[] = [];
    if (!existsSync(join(folder, name))) {
      onAltered(name);
      continue;
    }
    for await (const line of linesOf(join(folder, name), (chunk) => digest.update(chunk))) {
      page.push(eventOf(line));
      if (page.length < PAGE) continue;
      yield page;
      page = [];
    }
    yield page;
    if (digest.digest("hex") !== sha256) onAltered(name);
  }
}

/** What a line says; of one that is no event enough remains for the walk to call it broken. */
function eventOf(line: string): StoredEvent {
  try {
    const { position, hash, body } = JSON.parse(line) as Pick<StoredEvent, "position" | "hash" | "body">;
    const { id, stream, revision, type } = JSON.parse(body) as Pick<StoredEvent, "id" | "stream" | "revision" | "type">;
    return { id, stream, revision, type, position, hash, body };
  } catch {
    return { id: "", stream: "", revision: 0, type: "", position: "", hash: "", body: line };
  }
}
