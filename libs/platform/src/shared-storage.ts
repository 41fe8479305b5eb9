import type { Closing } from "./closing.ts";
import type { Storage, StorageOptions } from "./storage.ts";

/** Lands with the adapters. */
export async function openSharedStorage(options: StorageOptions, _closing: Closing): Promise<Storage> {
  throw new Error(`GRANTLINE_STORE=${options.config.storage.store} is not wired yet`);
}
