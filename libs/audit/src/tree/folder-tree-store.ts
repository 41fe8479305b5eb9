import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { DIGEST } from "./hashing.ts";
import { TreeMoved, type TreeState, type TreeStore } from "./port.ts";
import { parseTilePath, POSITION_BYTES, TILE_WIDTH, type TileKind } from "./tiles.ts";

/**
 * A tree in a folder. The tiles of a kind stand one after the other in one file (`hashes-0`, `hashes-1`, …, `positions`, `entries`), so what has grown is one
 * write a file, however much it is; `entries-ends` says where each tile of entries ends. These files are only written at their end, behind what `state.json`
 * counts; that and `checkpoint` are written aside, synced and renamed. So a crash leaves the old tree or the new one, and what lies beyond the state is written
 * again. One process at a time may let it grow (lease).
 */
export function createFolderTreeStore(dir: string): TreeStore {
  let made: Promise<unknown> | undefined;
  /** Files that this process has written: nothing a crash left lies behind their end any more. */
  const trimmed = new Set<TileKind>();
  const state = async (): Promise<TreeState | undefined> => {
    const text = await readWhole(join(dir, "state.json"));
    return text && (JSON.parse(text.toString()) as TreeState);
  };
  return {
    state,
    tile: async (path) => {
      const { kind, index } = parseTilePath(path);
      const place = kind === "entries" ? await entriesPlace(dir, index) : { at: index * tileBytes(kind), length: tileBytes(kind) };
      const bytes = place && (await readPart(join(dir, fileOf(kind)), place.at, place.length));
      return bytes?.length === 0 ? undefined : bytes;
    },
    commit: async (from, tiles, next) => {
      const size = (await state())?.size ?? 0;
      if (size !== from) throw new TreeMoved(`the tree in ${dir} has ${size} leaves, not ${from}`);
      made ??= mkdir(dir, { recursive: true, mode: 0o700 });
      await made;
      const grown = [...tiles].map(([path, bytes]) => ({ ...parseTilePath(path), bytes })).sort((a, b) => a.index - b.index);
      await Promise.all([...Map.groupBy(grown, ({ kind }) => kind)].map(([kind, some]) => writeTiles(dir, kind, some, trimmed.has(kind))));
      for (const { kind } of grown) trimmed.add(kind);
      // Should a power cut undo this, the tree grows from the older state again
      await replace(join(dir, "state.json"), JSON.stringify(next));
    },
    checkpoint: async () => (await readWhole(join(dir, "checkpoint")))?.toString(),
    putCheckpoint: async (note) => {
      await replace(join(dir, "checkpoint"), note);
      await syncFolder(dir);
    },
  };
}

interface Tile {
  readonly index: number;
  readonly bytes: Uint8Array;
}

const ENDS = "entries-ends";
const END_BYTES = 8;

const fileOf = (kind: TileKind): string => (typeof kind === "number" ? `hashes-${kind}` : kind);
const tileBytes = (kind: Exclude<TileKind, "entries">): number => TILE_WIDTH * (kind === "positions" ? POSITION_BYTES : DIGEST);

/** The tiles of one kind, the last of which may not be full, from the first on without a gap. */
async function writeTiles(dir: string, kind: TileKind, tiles: readonly Tile[], trimmed: boolean): Promise<void> {
  const [{ index: first } = { index: 0 }] = tiles;
  if (tiles.some(({ index }, n) => index !== first + n)) throw new RangeError(`the tiles of ${kind} must follow each other`);
  const bytes = tiles.map((tile) => tile.bytes);
  if (kind !== "entries") return writeEnd(join(dir, fileOf(kind)), first * tileBytes(kind), bytes, trimmed);
  const start = first === 0 ? 0 : (await endsOf(dir, first - 1, 1))[0];
  if (start === undefined) throw new RangeError(`${dir}/${ENDS} lacks the end of tile ${first - 1}`);
  const ends = Buffer.alloc(tiles.length * END_BYTES);
  bytes.reduce((at, { length }, n) => (ends.writeBigUInt64BE(BigInt(at + length), n * END_BYTES), at + length), start);
  await Promise.all([writeEnd(join(dir, "entries"), start, bytes, trimmed), writeEnd(join(dir, ENDS), first * END_BYTES, [ends], trimmed)]);
}

async function entriesPlace(dir: string, index: number): Promise<{ readonly at: number; readonly length: number } | undefined> {
  const [before = 0, end] = index === 0 ? [0, ...(await endsOf(dir, 0, 1))] : await endsOf(dir, index - 1, 2);
  return end === undefined ? undefined : { at: before, length: end - before };
}

async function endsOf(dir: string, first: number, count: number): Promise<readonly number[]> {
  const bytes = await readPart(join(dir, ENDS), first * END_BYTES, count * END_BYTES);
  return Array.from({ length: Math.floor((bytes?.length ?? 0) / END_BYTES) }, (_, n) => Number(bytes?.readBigUInt64BE(n * END_BYTES)));
}

/** Durable when it resolves, and then the end of the file. */
async function writeEnd(file: string, at: number, parts: readonly Uint8Array[], trimmed: boolean): Promise<void> {
  const handle = await open(file, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    const bytes = Buffer.concat(parts);
    await writeAll(handle, bytes, at);
    // What a crash left behind it was never counted, and must not be taken for a full tile
    if (!trimmed) await handle.truncate(at + bytes.length);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
}

/** Undefined when there is no such file; less than `length` where it ends. */
async function readPart(file: string, at: number, length: number): Promise<Buffer | undefined> {
  const handle = await unlessMissing(open(file, "r"));
  if (handle === undefined) return undefined;
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, at);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

const readWhole = (file: string): Promise<Buffer | undefined> => unlessMissing(readFile(file));

async function unlessMissing<T>(opening: Promise<T>): Promise<T | undefined> {
  try {
    return await opening;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function replace(file: string, text: string): Promise<void> {
  const aside = `${file}.${process.pid}.new`;
  const handle = await open(aside, "w", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(aside, file);
}

/** Or a power cut may undo a renaming. */
async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
