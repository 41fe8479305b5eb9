import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { KeyFolderError } from "./key-folder-error.ts";

/**
 * Outside production nobody has to invent a key-encryption key: one is made beside the data, readable by its owner only.
 * It protects copies of the databases alone, not copies of the folder; say so when `created` is true.
 */
export function developmentKek(file: string): { readonly key: Buffer; readonly created: boolean } {
  const found = read(file);
  if (found) return { key: found, created: false };
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  // Written aside and linked into place: a second process starting now sees the whole file or none, and never replaces the first one's.
  const draft = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
  writeFileSync(draft, `${randomBytes(32).toString("base64")}\n`, { mode: 0o600, flag: "wx", flush: true });
  const created = linkUnlessPresent(draft, file);
  rmSync(draft);
  const key = read(file);
  if (!key) throw new KeyFolderError(`${file}: vanished while it was being made`);
  return { key, created };
}

function read(file: string): Buffer | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8").trim();
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw new KeyFolderError(`${file}: can't be read (${error instanceof Error ? error.message : String(error)})`, { cause: error });
  }
  const key = Buffer.from(text, "base64");
  if (key.length !== 32) throw new KeyFolderError(`${file}: holds no key of 32 bytes in base64`);
  return key;
}

function linkUnlessPresent(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
