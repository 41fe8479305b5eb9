import { z } from "zod";
import { SecretRefused, SecretStoreUnavailable } from "../errors.ts";
import type { SecretStore } from "../port.ts";
import { secretName } from "../secret-name.ts";
import { checkExpiry, checkValue } from "../secret-value.ts";
import { openExport, type OpenWith, sealExport, type SealFor } from "./sealed-export.ts";

const contents = z.strictObject({
  secrets: z.array(z.strictObject({ name: z.string(), value: z.string(), createdAt: z.int().optional(), expiresAt: z.int().optional() })),
});

export interface ExportResult {
  readonly text: string;
  readonly exported: number;
}

/** Every secret a store can read, sealed. @throws SecretStoreUnavailable when one of its stores can't be asked: a partial copy is no copy. */
export async function exportSecrets(store: SecretStore, seal: SealFor): Promise<ExportResult> {
  const silent = (await store.health()).find(({ status }) => status === "degraded");
  if (silent !== undefined)
    throw new SecretStoreUnavailable(silent.store, "it can't be asked now, and an export without it would be incomplete");
  const secrets = [];
  for (const { name } of await store.list()) {
    const found = await store.get(name);
    if (found === undefined) continue;
    const { value, createdAt, expiresAt } = found;
    secrets.push({ name, value, ...(createdAt === undefined ? {} : { createdAt }), ...(expiresAt === undefined ? {} : { expiresAt }) });
  }
  return { text: await sealExport(JSON.stringify({ secrets }), seal), exported: secrets.length };
}

export interface ImportOptions {
  /** Replace secrets that are there already. Default false: they are left alone and counted. */
  readonly overwrite?: boolean;
}

export interface ImportResult {
  readonly imported: number;
  /** There already, and left alone. */
  readonly kept: number;
}

/**
 * Puts an export's secrets into a store. Everything is checked before the first is written. Interrupted, it can be run again.
 * @throws SecretRefused when the export was altered or is for somebody else
 */
export async function importSecrets(
  store: SecretStore,
  text: string,
  means: OpenWith,
  { overwrite = false }: ImportOptions = {},
): Promise<ImportResult> {
  const found = contents.safeParse(JSON.parse(await openExport(text, means)));
  if (!found.success) throw new SecretRefused("export", "the export was refused: what is in it are no secrets of this version");
  const secrets = found.data.secrets.map(({ name, value, expiresAt }) => {
    checkValue(value);
    checkExpiry(expiresAt);
    return { name: secretName(name), value, options: expiresAt === undefined ? {} : { expiresAt } };
  });
  let imported = 0;
  for (const { name, value, options } of secrets) {
    if (!overwrite && (await store.get(name)) !== undefined) continue;
    await store.set(name, value, options);
    imported += 1;
  }
  return { imported, kept: secrets.length - imported };
}
