import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type KeyFolder, type KeyFolderOptions, openKeyFolder } from "./open-key-folder.ts";

/** 2026-11-22T00:00:00Z, the start of a day. */
export const MIDNIGHT = 1_795_305_600;

/** A folder that goes with the test. */
export function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), "grantline-keys-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export interface SettableClock {
  at: number;
  now(): number;
}

export function clockAt(at: number): SettableClock {
  return {
    at,
    now() {
      return this.at;
    },
  };
}

export const TEST_KEK = { key: Buffer.alloc(32, 7) };

export async function openTestFolder(options: Partial<KeyFolderOptions> & { readonly dir: string }): Promise<KeyFolder> {
  const folder = await openKeyFolder({ kek: TEST_KEK, clock: clockAt(MIDNIGHT), ...options });
  onTestFinished(() => closeQuietly(folder));
  return folder;
}

/** A test may have closed it already, to open it anew. */
function closeQuietly(folder: KeyFolder): void {
  try {
    folder.close();
  } catch (error) {
    if (!(error instanceof Error && /not open/.test(error.message))) throw error;
  }
}

/** Every byte of every file in a folder, logs and shared memory included. */
export function allBytes(dir: string): Buffer {
  return Buffer.concat(
    readdirSync(dir)
      .toSorted()
      .map((name) => readFileSync(join(dir, name))),
  );
}
