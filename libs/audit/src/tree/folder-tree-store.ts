import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { TreeMoved, type TreeState, type TreeStore } from "./port.ts";

/**
 * A tree in a folder: `tile/…`, `checkpoint` as C2SP tlog-tiles has them, and `state.json`. Each file is written aside, synced and renamed, so a
 * crash leaves the old one or the new one; tiles beyond the state are written again. One process at a time may let it grow (lease).
 */
export function createFolderTreeStore(dir: string): TreeStore {
  const state = async (): Promise<TreeState | undefined> => {
    const text = await read(join(dir, "state.json"));
    return text && (JSON.parse(text.toString()) as TreeState);
  };
  return {
    state,
    tile: (path) => read(join(dir, path)),
    commit: async (from, tiles, next) => {
      const size = (await state())?.size ?? 0;
      if (size !== from) throw new TreeMoved(`the tree in ${dir} has ${size} leaves, not ${from}`);
      await Promise.all([...tiles].map(([path, bytes]) => write(join(dir, path), bytes)));
      await write(join(dir, "state.json"), Buffer.from(JSON.stringify(next)));
    },
    checkpoint: async () => (await read(join(dir, "checkpoint")))?.toString(),
    putCheckpoint: (note) => write(join(dir, "checkpoint"), Buffer.from(note)),
  };
}

async function read(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function write(file: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const aside = `${file}.${process.pid}.new`;
  const handle = await open(aside, "w", 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(aside, file);
  const folder = await open(dirname(file), "r");
  try {
    await folder.sync(); // or a power cut may undo the renaming
  } finally {
    await folder.close();
  }
}
