import type { KekSource } from "@grantline/keys/wrapping";
import { dockerDesktopStore } from "./docker/desktop-store.ts";
import { dockerFilesStore } from "./docker/files-store.ts";
import { openEncryptedFileStore } from "./encrypted-file/encrypted-file-store.ts";
import { environmentStore } from "./environment/environment-store.ts";
import { createSecretHierarchy } from "./hierarchy/secret-hierarchy.ts";
import type { KeyVaultOptions } from "./key-vault/key-vault-store.ts";
import type { SecretStore } from "./port.ts";

export const STORE_KINDS = ["key-vault", "docker", "environment", "file"] as const;
export type StoreKind = (typeof STORE_KINDS)[number];

export interface OpenSecretsOptions {
  /** In order of precedence. Default all four, as listed in STORE_KINDS. */
  readonly order?: readonly StoreKind[];
  /** Without it there is no Key Vault among the stores. */
  readonly keyVault?: KeyVaultOptions;
  readonly docker?: {
    readonly dir?: string;
    readonly writable?: boolean;
    /** The program; undefined: its keychain is not used. */ readonly tool?: string;
  };
  /** Without it there is no encrypted file among the stores. */
  readonly file?: { readonly dir: string; readonly kek: KekSource; readonly previousKek?: KekSource };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Epoch seconds. */
  readonly clock: { now(): number };
  readonly cacheTtlMs?: number;
  /** Told in one line when a store fails and when it answers again. */
  readonly onTrouble?: (what: string) => void;
}

/** The stores of an installation as one. @throws SecretUnreadable when the encrypted file was made with another key-encryption key. */
export async function openSecrets(options: OpenSecretsOptions): Promise<SecretStore> {
  const { order = STORE_KINDS, cacheTtlMs, onTrouble } = options;
  const stores: SecretStore[] = [];
  for (const kind of order) stores.push(...(await open(kind, options)));
  return createSecretHierarchy({
    stores,
    ...(cacheTtlMs === undefined ? {} : { cacheTtlMs }),
    ...(onTrouble === undefined ? {} : { onTrouble }),
  });
}

async function open(kind: StoreKind, { keyVault, docker = {}, file, env, clock }: OpenSecretsOptions): Promise<readonly SecretStore[]> {
  switch (kind) {
    case "key-vault": {
      if (keyVault === undefined) return [];
      // Who has no vault needs no SDK, neither its memory nor its time at start.
      const { keyVaultStore } = await import("./key-vault/key-vault-store.ts");
      return [keyVaultStore(keyVault)];
    }
    case "docker": {
      const { tool, ...files } = docker;
      return [dockerFilesStore({ ...files, clock }), ...(tool === undefined ? [] : [dockerDesktopStore({ tool, env, clock })])];
    }
    case "environment":
      return [environmentStore(env)];
    case "file":
      return file === undefined ? [] : [await openEncryptedFileStore({ ...file, clock })];
  }
}
