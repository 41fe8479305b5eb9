import type { Closing } from "./closing.ts";
import { openEmbeddedStorage } from "./embedded-storage.ts";
import type { Storage, StorageOptions } from "./storage.port.ts";

/** Opens the engines the settings name. */
export async function openStorage(options: StorageOptions, closing: Closing): Promise<Storage> {
  if (options.config.storage.store === "sqlite") return openEmbeddedStorage(options, closing);
  // The embedded shape needs no client of any engine, neither its memory nor its time at start.
  const { openSharedStorage } = await import("./shared-storage.ts");
  return openSharedStorage(options, closing);
}
