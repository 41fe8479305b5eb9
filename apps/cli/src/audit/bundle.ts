import { createHash, type Hash } from "node:crypto";
import { open, mkdir, readdir, writeFile, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { BundlePiece } from "@grantline/audit";
import { CommandFailed } from "../failure.ts";

interface Part {
  readonly handle: FileHandle;
  readonly sha256: Hash;
  bytes: number;
}

/** Writes the files of a bundle into a folder, and SHA256SUMS beside them, which `sha256sum -c` reads. The folder must be empty or not exist. */
export async function writeBundle(folder: string, pieces: AsyncIterable<BundlePiece>): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0) throw new CommandFailed(`--to: ${folder} is not empty; name a new folder.`);
  const parts = new Map<string, Part>();
  try {
    for await (const { file, text } of pieces) {
      const part = parts.get(file) ?? { handle: await open(join(folder, file), "wx", 0o600), sha256: createHash("sha256"), bytes: 0 };
      parts.set(file, part);
      part.sha256.update(text);
      part.bytes += Buffer.byteLength(text);
      await part.handle.write(text);
    }
  } finally {
    await Promise.all([...parts.values()].map(({ handle }) => handle.close()));
  }
  const files = [...parts.keys()].toSorted();
  const sums = files.map((file) => `${parts.get(file)?.sha256.digest("hex") ?? ""}  ${file}\n`).join("");
  await writeFile(join(folder, "SHA256SUMS"), sums, { mode: 0o600 });
  return [...files, "SHA256SUMS"];
}
