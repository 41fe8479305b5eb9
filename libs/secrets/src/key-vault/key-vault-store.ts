import { DefaultAzureCredential } from "@azure/identity";
import { type KeyVaultSecret, SecretClient, type SecretClientOptions, type SecretProperties } from "@azure/keyvault-secrets";
import { SecretUnreadable } from "../errors.ts";
import type { Secret, SecretMetadata, SecretStore, SetSecretOptions, StoreHealth } from "../port.ts";
import { flatName, fromFlatName, secretName, type SecretName } from "../secret-name.ts";
import { checkExpiry, checkValue } from "../secret-value.ts";
import { attempt } from "./attempts.ts";
import { KEY_VAULT } from "./trouble.ts";

export interface KeyVaultOptions {
  /** `https://my-vault.vault.azure.net`. */
  readonly url: string;
  /** Default: DefaultAzureCredential (environment, workload identity, managed identity, developer tools). */
  readonly credential?: ConstructorParameters<typeof SecretClient>[1];
  readonly client?: SecretClientOptions;
  /** For one call with its retries, milliseconds. Default 5000; listing may take six times that. */
  readonly budgetMs?: number;
  /** Deleted secrets are purged as well; else the vault keeps them recoverable for its retention time. Default false. */
  readonly purge?: boolean;
}

/** The SDK counts an expiry in 32 bits, so a later one is kept in this tag only. */
const EXPIRY_TAG = "grantline-expires-at";
const LAST_32_BIT_SECOND = 2 ** 31 - 1;

interface Vault {
  readonly client: SecretClient;
  readonly budgetMs: number;
  readonly purge: boolean;
}

/** Azure Key Vault: `oauth/github/my-server/access-token` is the secret `oauth--github--my-server--access-token`, each write a version of it. */
export function keyVaultStore({ url, credential, client, budgetMs = 5_000, purge = false }: KeyVaultOptions): SecretStore {
  const vault = {
    // tries are ours, so that a long Retry-After reaches whoever waits instead of holding the call
    client: new SecretClient(url, credential ?? new DefaultAzureCredential(), { ...client, retryOptions: { maxRetries: 0 } }),
    budgetMs,
    purge,
  };
  return {
    name: KEY_VAULT,
    writable: true,
    get: async (text) => get(vault, secretName(text)),
    set: async (text, value, options = {}) => {
      const name = secretName(text);
      checkValue(value);
      checkExpiry(options.expiresAt);
      return set(vault, name, value, options);
    },
    delete: async (text) => remove(vault, secretName(text)),
    list: async () => attempt((abortSignal) => list(vault.client, abortSignal), { budgetMs: budgetMs * 6 }),
    health: async () => [await healthOf(vault)],
    close: async () => undefined,
  };
}

async function get({ client, budgetMs }: Vault, name: SecretName): Promise<Secret | undefined> {
  const { found } = await attempt<{ found: KeyVaultSecret | undefined }>(
    async (abortSignal) => ({ found: await client.getSecret(flatName(name), { abortSignal }) }),
    { budgetMs },
    async ({ kind }) => (kind === "not-found" ? { found: undefined } : undefined),
  );
  if (found === undefined) return undefined;
  if (found.value === undefined) throw new SecretUnreadable(KEY_VAULT, "the vault answered without a value");
  return { value: found.value, store: KEY_VAULT, ...metadataOf(found.properties) };
}

async function set({ client, budgetMs }: Vault, name: SecretName, value: string, { expiresAt }: SetSecretOptions): Promise<SecretMetadata> {
  const tags = { "managed-by": "grantline", ...(expiresAt === undefined ? {} : { [EXPIRY_TAG]: String(expiresAt) }) };
  const expiry = expiresAt === undefined || expiresAt > LAST_32_BIT_SECOND ? {} : { expiresOn: new Date(expiresAt * 1000) };
  const { properties } = await attempt(
    (abortSignal) => client.setSecret(flatName(name), value, { tags, ...expiry, abortSignal }),
    { budgetMs, writing: true },
    async ({ kind }, abortSignal) => {
      // Soft-deleted: the name is taken until it is recovered or purged. Recovering needs no right that destroys anything.
      if (kind === "deleted")
        await client.beginRecoverDeletedSecret(flatName(name), { intervalInMs: 250, abortSignal }).then((poller) => poller.pollUntilDone());
      return undefined;
    },
  );
  return metadataOf(properties);
}

async function remove({ client, budgetMs, purge }: Vault, name: SecretName): Promise<boolean> {
  const deleted = await attempt(
    async (abortSignal) => {
      await client.beginDeleteSecret(flatName(name), { abortSignal });
      return true;
    },
    { budgetMs, writing: true },
    async ({ kind }) => (kind === "not-found" ? false : undefined),
  );
  // the deleted secret appears some seconds after the deletion; "not found" means not yet
  if (deleted && purge)
    await attempt((abortSignal) => client.purgeDeletedSecret(flatName(name), { abortSignal }), { budgetMs: budgetMs * 6, writing: true });
  return deleted;
}

async function list(client: SecretClient, abortSignal: AbortSignal) {
  const found = [];
  for await (const { name: flat, enabled, ...properties } of client.listPropertiesOfSecrets({ abortSignal })) {
    const name = fromFlatName(flat);
    if (name === undefined || enabled === false) continue;
    // a listing names no version
    const { version: _none, ...known } = metadataOf({ name: flat, ...properties });
    found.push({ name, store: KEY_VAULT, ...known });
  }
  return found.sort((one, other) => (one.name < other.name ? -1 : 1));
}

function metadataOf({ createdOn, expiresOn, tags, version = "" }: SecretProperties): SecretMetadata {
  const tagged = Number(tags?.[EXPIRY_TAG] ?? Number.NaN);
  const expiresAt = Number.isSafeInteger(tagged) ? tagged : expiresOn && Math.floor(expiresOn.getTime() / 1000);
  return {
    ...(createdOn === undefined ? {} : { createdAt: Math.floor(createdOn.getTime() / 1000) }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    version,
  };
}

/** Looks whether the vault answers and lets us list: a page of one. */
async function healthOf({ client, budgetMs }: Vault): Promise<StoreHealth> {
  const look = async (abortSignal: AbortSignal): Promise<true> => {
    await client.listPropertiesOfSecrets({ abortSignal }).byPage({ maxPageSize: 1 }).next();
    return true;
  };
  try {
    await attempt(look, { budgetMs });
    return { store: KEY_VAULT, status: "ready", writable: true };
  } catch (error) {
    return { store: KEY_VAULT, status: "degraded", writable: true, detail: error instanceof Error ? error.message : "no answer" };
  }
}
