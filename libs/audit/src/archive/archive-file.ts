import { createHash } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { ArchivedFile } from "./manifest.ts";

/** A file that counts and hashes what is written to it. Lines are gathered: one write for many. */
export interface ArchiveFile {
  readonly events: number;
  write(chunk: string | Buffer, events: number): Promise<void>;
  /** Makes it durable. */
  finish(): Promise<ArchivedFile>;
}

export function createArchiveFile(folder: string, name: string): ArchiveFile {
  const stream = createWriteStream(join(folder, name), { flags: "wx" });
  const failed = once(stream, "error").then(([error]) => Promise.reject(error as Error));
  failed.catch(() => undefined); // told by the next write
  const digest = createHash("sha256");
  let [events, bytes] = [0, 0];
  return {
    get events() {
      return events;
    },
    write: async (chunk, count) => {
      const data = Buffer.from(chunk);
      digest.update(data);
      events += count;
      bytes += data.length;
      if (!stream.write(data)) await Promise.race([once(stream, "drain"), failed]);
    },
    finish: async () => {
      stream.end();
      await Promise.race([once(stream, "finish"), failed]);
      const handle = await open(join(folder, name), "r");
      await handle.sync().finally(() => handle.close());
      return { name, events, bytes, sha256: digest.digest("hex") };
    },
  };
}
