import { createHash } from "node:crypto";
import { accessSync, constants, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** The data folder can't be used; the message says why and what to do. */
export class DataFolderError extends Error {
  override readonly name = "DataFolderError";
}

export interface DataFolder {
  readonly path: string;
  readonly events: string;
  readonly readModel: string;
  readonly ephemeral: string;
  readonly keys: string;
  readonly kek: string;
  /** Folder of the log's Merkle tree. */
  readonly tree: string;
  /** Unix socket of the event writer, for the worker processes. */
  readonly writerSocket: string;
}

/** Makes the folder if need be and says where everything lies in it. That only one instance uses it is the event store's to see to. */
export function openDataFolder(dir: string): DataFolder {
  const path = resolve(dir);
  const keys = join(path, "keys");
  try {
    mkdirSync(keys, { recursive: true, mode: 0o700 });
    accessSync(path, constants.W_OK);
    accessSync(keys, constants.W_OK);
  } catch (error) {
    throw new DataFolderError(
      `GRANTLINE_DATA_DIR: can't write to ${path} (${(error as NodeJS.ErrnoException).code ?? "error"}). Give a folder this user may write to.`,
    );
  }
  const socket = join(path, "writer.sock");
  return {
    path,
    events: join(path, "events.db"),
    readModel: join(path, "read-model.db"),
    ephemeral: join(path, "ephemeral.db"),
    keys,
    kek: join(keys, "kek"),
    tree: join(path, "audit"),
    // a unix socket's path is limited to 107 bytes
    writerSocket:
      Buffer.byteLength(socket) < 100
        ? socket
        : join(tmpdir(), `grantline-${createHash("sha256").update(path).digest("hex").slice(0, 16)}.sock`),
  };
}
