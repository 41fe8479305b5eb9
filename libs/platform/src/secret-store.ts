import { join } from "node:path";
import type { Config } from "@grantline/config";
import { developmentKek } from "@grantline/keys";
import { openSecrets, type SecretStore } from "@grantline/secrets";
import { systemClock } from "./clock.ts";
import { openDataFolder } from "./data-folder.ts";

export interface SecretStoreOptions {
  readonly config: Config;
  /** The environment secrets may be given in. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told in one line when a store fails and when it answers again. */
  readonly onTrouble?: (what: string) => void;
}

/** The folder of the encrypted file. */
export function secretsFolder(config: Config): string {
  return join(config.server.dataDir, "secrets");
}

/**
 * The secret stores the settings name, as one. The encrypted file lies in the data folder: processes of one machine share it, those of others do not see it.
 * @throws SecretUnreadable when the file was made with another key-encryption key
 */
export async function openSecretStore({ config, env, onTrouble }: SecretStoreOptions): Promise<SecretStore> {
  const { order, keyVaultUrl, keyVaultPurge, dockerDir, dockerWritable, dockerTool, cache } = config.secrets;
  return openSecrets({
    order,
    ...(keyVaultUrl === undefined ? {} : { keyVault: { url: keyVaultUrl, purge: keyVaultPurge } }),
    docker: { dir: dockerDir, writable: dockerWritable, ...(dockerTool === "none" ? {} : { tool: dockerTool }) },
    ...(order.includes("file") ? { file: fileOf(config) } : {}),
    env,
    clock: systemClock,
    cacheTtlMs: cache * 1_000,
    ...(onTrouble === undefined ? {} : { onTrouble }),
  });
}

/** The same, opened when it is first used: most processes never need a secret of others, and a vault's SDK costs time and memory. */
export function lazySecretStore(options: SecretStoreOptions): SecretStore {
  let opening: Promise<SecretStore> | undefined;
  // one that can't be opened is tried again by the next who needs it
  const open = (): Promise<SecretStore> =>
    (opening ??= openSecretStore(options).catch((error: unknown) => {
      opening = undefined;
      throw error;
    }));
  return {
    name: "secrets",
    writable: true,
    get: async (name) => (await open()).get(name),
    set: async (name, value, setOptions) => (await open()).set(name, value, setOptions),
    delete: async (name) => (await open()).delete(name),
    list: async () => (await open()).list(),
    health: async () => (await open()).health(),
    close: async () => (await opening)?.close(),
  };
}

function fileOf(config: Config) {
  const { kek, kekPrevious } = config.keys;
  const dir = secretsFolder(config);
  // outside production the key made beside the data serves here too; in production the settings insist on one
  const source = kek ?? { key: developmentKek(openDataFolder(config.server.dataDir).kek).key };
  return { dir, kek: source, ...(kekPrevious === undefined ? {} : { previousKek: kekPrevious }) };
}
