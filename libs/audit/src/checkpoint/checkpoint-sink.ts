import { appendFile, mkdir, open, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { splitNotes } from "./checkpoint.ts";

/** Takes checkpoints off the box. What it has been given it never changes. Rejects when it can't keep one; the next one stands for it then. */
export interface CheckpointSink {
  put(note: string, atMs: number): Promise<void>;
}

const KEY_FILE = "checkpoint.vkey";
const FILE = /^checkpoints-\d{4}-\d{2}-\d{2}\.txt$/;

/**
 * Appends each checkpoint to `checkpoints-yyyy-mm-dd.txt` of a folder, which should lie on another machine or on write-once storage; beside them
 * lies the verifier key, written once.
 */
export function createFolderSink(dir: string, vkey: string): CheckpointSink {
  let ready: Promise<void> | undefined;
  const prepare = async (): Promise<void> => {
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, KEY_FILE), `${vkey}\n`, { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  };
  return {
    put: async (note, atMs) => {
      ready ??= prepare();
      await ready.catch((error: unknown) => {
        ready = undefined;
        throw error;
      });
      const file = await open(join(dir, `checkpoints-${new Date(atMs).toISOString().slice(0, 10)}.txt`), "a");
      try {
        await appendFile(file, `${note}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
    },
  };
}

/** What a folder of checkpoints holds: every note, oldest first, and the verifier key when there is one. */
export async function readCheckpointFolder(dir: string): Promise<{ readonly notes: readonly string[]; readonly vkey?: string }> {
  const names = (await readdir(dir)).toSorted();
  const notes: string[] = [];
  for (const name of names.filter((each) => FILE.test(each))) notes.push(...splitNotes(await readFile(join(dir, name), "utf8")));
  return { notes, ...(names.includes(KEY_FILE) ? { vkey: (await readFile(join(dir, KEY_FILE), "utf8")).trim() } : {}) };
}
