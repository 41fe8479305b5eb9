import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { EventStore, StoredEvent } from "@grantline/event-store";
import { openCheckpoint } from "../checkpoint/checkpoint.ts";
import type { NoteSigner } from "../note/note.ts";
import { eventLeafHash } from "../tree/leaf.ts";
import type { TreeStore } from "../tree/port.ts";
import { subtreesOf } from "../tree/range.ts";
import { createTreeReader, TILE_WIDTH, type TreeReader } from "../tree/tiles.ts";
import { pagesOf } from "../verify/online.ts";
import type { RecordedSegment } from "../verify/segment-roots.ts";
import { type ArchiveFile, createArchiveFile } from "./archive-file.ts";
import { type ArchivedFile, LEAVES, LINKS, type Manifest, MANIFEST, MANIFEST_NOTE, POSITIONS, signManifest } from "./manifest.ts";

export interface ArchiveOptions {
  readonly store: EventStore;
  readonly treeStore: TreeStore;
  readonly signer: NoteSigner;
  readonly segments: readonly RecordedSegment[];
  /** New or empty. */
  readonly folder: string;
  /** Closed UTC days, inclusive; without them from the first event, and up to the last checkpoint. */
  readonly fromDay?: string;
  readonly untilDay?: string;
  readonly clock: { now(): number };
  readonly onEvent?: (events: number) => void;
  /** Events of one file. */
  readonly perFile?: number;
}

/** The archive can't be made; the message says why. */
export class ArchiveRefused extends Error {
  override readonly name = "ArchiveRefused";
}

const PER_FILE = 100_000;

/**
 * Writes sealed events, byte for byte, with all that is needed to verify them without the server: links, leaves, subtrees, a checkpoint, and a
 * signed manifest. Answers the manifest and its digest (base64url SHA-256).
 */
export async function archiveLog(options: ArchiveOptions): Promise<{ readonly manifest: Manifest; readonly digest: string }> {
  const { treeStore, signer, folder, segments, clock } = options;
  const note = await treeStore.checkpoint();
  const checkpoint = note === undefined ? undefined : openCheckpoint(note, signer.verifier);
  if (checkpoint === undefined) throw new ArchiveRefused("no checkpoint has been signed yet: there is nothing to hold an archive against");
  const { first, end, within } = rangeOf(options, checkpoint.size);
  await emptyFolder(folder);
  const reader = createTreeReader(treeStore);
  const { files, from, upTo } = await writeEvents(options, reader, first, end);
  const nodes = (a: number, b: number) =>
    Promise.all(
      subtreesOf(a, b).map(async ({ level, index }) => ({ level, hash: (await reader.subtree(level, index)).toString("base64url") })),
    );
  const manifest: Manifest = {
    format: "grantline-archive/1",
    origin: signer.verifier.name,
    vkey: signer.verifier.vkey,
    createdAt: new Date(clock.now() * 1_000).toISOString(),
    first,
    end,
    events: end - first,
    from,
    upTo,
    checkpoint: checkpoint.note,
    before: await nodes(0, first),
    after: await nodes(end, checkpoint.size),
    segments: segments.filter(within).map(({ dropped: _dropped, ...segment }) => segment),
    files,
  };
  const text = `${JSON.stringify(manifest, undefined, 2)}\n`;
  const signed = signManifest(text, signer);
  await writeFile(join(folder, MANIFEST), text, { flag: "wx", flush: true });
  await writeFile(join(folder, "checkpoint"), checkpoint.note, { flag: "wx", flush: true });
  await writeFile(join(folder, "checkpoint.vkey"), `${signer.verifier.vkey}\n`, { flag: "wx", flush: true });
  // Last: an archive without it is not finished
  await writeFile(join(folder, MANIFEST_NOTE), signed.note, { flag: "wx", flush: true });
  return { manifest, digest: signed.digest };
}

function rangeOf({ segments, fromDay, untilDay }: ArchiveOptions, size: number) {
  const days = segments.filter(({ day }) => day >= (fromDay ?? "") && day <= (untilDay ?? "9"));
  if ((fromDay !== undefined || untilDay !== undefined) && days.length === 0) throw new ArchiveRefused("none of these days is closed yet");
  const first = fromDay === undefined ? 0 : (days[0]?.first ?? 0);
  const end = untilDay === undefined ? size : (days.at(-1)?.end ?? size);
  const within = (segment: RecordedSegment): boolean => segment.first >= first && segment.end <= end;
  const gone = segments.filter(within).find(({ dropped }) => dropped !== undefined);
  if (gone !== undefined) throw new ArchiveRefused(`the day ${gone.day} was dropped; its archive was made before`);
  if (end > size) throw new ArchiveRefused("the last of these days is not under a checkpoint yet");
  return { first, end, within };
}

async function emptyFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0) throw new ArchiveRefused(`${folder} is not empty`);
}

async function writeEvents(options: ArchiveOptions, reader: TreeReader, first: number, end: number) {
  const { store, folder, onEvent = () => undefined, perFile = PER_FILE } = options;
  const before = first === 0 ? undefined : (await reader.positions(Math.floor((first - 1) / TILE_WIDTH)))[(first - 1) % TILE_WIDTH];
  const [links, leaves, positions] = [LINKS, LEAVES, POSITIONS].map((name) => createArchiveFile(folder, name)) as [
    ArchiveFile,
    ArchiveFile,
    ArchiveFile,
  ];
  const files: ArchivedFile[] = [];
  const known = new Set<string>();
  let file: ArchiveFile | undefined;
  let [written, from, upTo] = [0, "0", "0"];

  for await (const page of pagesOf(store, before)) {
    for (const event of page.slice(0, end - first - written)) {
      if (event.revision > 0 && !known.has(event.stream)) await links.write(await linkBefore(store, event), 1);
      known.add(event.stream);
      if (file?.events === perFile) {
        files.push(await file.finish());
        file = undefined;
      }
      file ??= createArchiveFile(folder, `events-${String(files.length + 1).padStart(6, "0")}.jsonl`);
      await file.write(`${JSON.stringify({ position: event.position, hash: event.hash, body: event.body })}\n`, 1);
      const position = Buffer.alloc(8);
      position.writeBigUInt64BE(BigInt(event.position));
      await Promise.all([leaves.write(eventLeafHash(event), 1), positions.write(position, 1)]);
      [from, upTo] = [written === 0 ? event.position : from, event.position];
      onEvent(++written);
    }
    if (written === end - first) break;
  }
  if (written < end - first)
    throw new ArchiveRefused(`the log has ${written} events where the tree has ${end - first}: run grantline audit verify`);
  if (file !== undefined) files.push(await file.finish());
  for (const each of [links, leaves, positions]) files.push(await each.finish());
  return { files, from, upTo };
}

/** The link a stream goes on from; its hash is proved by the next event's. */
async function linkBefore(store: EventStore, { stream, revision }: StoredEvent): Promise<string> {
  const [event] = await store.readStream(stream, revision - 1, 1);
  if (event === undefined) throw new ArchiveRefused(`${stream} lacks revision ${revision - 1}: run grantline audit verify`);
  return `${JSON.stringify({ stream, revision: event.revision, hash: event.hash })}\n`;
}
