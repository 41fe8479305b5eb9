import { SecretStoreAbsent, SecretStoreReadOnly, SecretStoreUnavailable } from "../errors.ts";
import type { Secret, SecretListing, SecretMetadata, SecretStore, SetSecretOptions } from "../port.ts";
import { secretName, type SecretName } from "../secret-name.ts";
import { checkExpiry, checkValue } from "../secret-value.ts";
import { createCache } from "./cache.ts";
import { guard, type GuardedStore, type GuardOptions } from "./guarded-store.ts";

export interface HierarchyOptions extends Partial<GuardOptions> {
  /** In order of precedence. Closed with the hierarchy. */
  readonly stores: readonly SecretStore[];
  /** How long a secret, or that there is none, may be answered from memory. Default 30 s; 0 switches it off. What another process writes is seen after that. */
  readonly cacheTtlMs?: number;
  /** Answers kept. Default 1000. */
  readonly cacheMax?: number;
}

const NAME = "secrets";

/**
 * Several stores as one. A read takes the first store that has the secret; a write goes to the first that can be written; a store that fails is reported,
 * passed over and tried again after a while. Passed over is not "has none": when nobody has a secret and one store could not be asked, the answer is
 * SecretStoreUnavailable. A write never goes past a failed store, because what that store still holds would come back over it.
 */
export function createSecretHierarchy(options: HierarchyOptions): SecretStore {
  const { stores, cacheTtlMs = 30_000, cacheMax = 1_000 } = options;
  const settings: GuardOptions = {
    firstWaitMs: options.firstWaitMs ?? 1_000,
    longestWaitMs: options.longestWaitMs ?? 60_000,
    nowMs: options.nowMs ?? (() => performance.now()),
    random: options.random ?? Math.random,
    onTrouble: options.onTrouble ?? (() => undefined),
  };
  const guarded = stores.map((store) => guard(store, settings));
  const cache = createCache<Secret | undefined>({ ttlMs: cacheTtlMs, max: cacheMax, nowMs: settings.nowMs });
  /** Reads under way, so that a hundred callers ask once. */
  const reading = new Map<SecretName, Promise<Secret | undefined>>();

  function read(name: SecretName): Promise<Secret | undefined> {
    const running = reading.get(name);
    if (running !== undefined) return running;
    const mine = find(guarded, name)
      .then(({ secret, certain }) => {
        // A write ended this read's turn, or a store before this one could not be asked: not to be remembered.
        if (reading.get(name) === mine && certain) cache.keep(name, secret);
        return secret;
      })
      .finally(() => {
        if (reading.get(name) === mine) reading.delete(name);
      });
    reading.set(name, mine);
    return mine;
  }

  async function written<T>(name: SecretName, work: () => Promise<T>): Promise<T> {
    const forget = (): void => {
      reading.delete(name);
      cache.drop(name);
    };
    forget();
    try {
      return await work();
    } finally {
      // reads that began meanwhile may have found the former value
      forget();
    }
  }

  return {
    name: NAME,
    writable: stores.some(({ writable }) => writable),
    async get(text) {
      const name = secretName(text);
      const kept = cache.find(name);
      return kept === undefined ? read(name) : kept.answer;
    },
    async set(text, value, setOptions = {}) {
      const name = secretName(text);
      checkValue(value);
      checkExpiry(setOptions.expiresAt);
      return written(name, () => write(guarded, name, value, setOptions));
    },
    async delete(text) {
      const name = secretName(text);
      return written(name, () => remove(guarded, name));
    },
    list: () => listAll(guarded),
    health: async () => (await Promise.all(guarded.map((one) => one.health()))).flat(),
    async close() {
      cache.clear();
      for (const store of stores) await store.close();
    },
  };
}

interface Found {
  readonly secret: Secret | undefined;
  /** False: a store of higher rank could not be asked. */
  readonly certain: boolean;
}

async function find(guarded: readonly GuardedStore[], name: SecretName): Promise<Found> {
  let silent: SecretStoreUnavailable | undefined;
  for (const one of guarded) {
    const secret = await one
      .call((store) => store.get(name))
      .catch((error: unknown) => {
        if (error instanceof SecretStoreAbsent) return undefined;
        if (!(error instanceof SecretStoreUnavailable)) throw error;
        silent ??= error;
        return undefined;
      });
    if (secret !== undefined) return { secret, certain: silent === undefined };
  }
  if (silent !== undefined) throw silent;
  return { secret: undefined, certain: true };
}

async function write(
  guarded: readonly GuardedStore[],
  name: SecretName,
  value: string,
  options: SetSecretOptions,
): Promise<SecretMetadata> {
  for (const { store, call } of guarded) {
    try {
      if (store.writable) return await call((target) => target.set(name, value, options));
      const shadow = await call((target) => target.get(name));
      if (shadow !== undefined)
        throw new SecretStoreReadOnly(store.name, `it has ${name} already and comes first; what is written after it would not be read`);
    } catch (error) {
      if (!(error instanceof SecretStoreAbsent)) throw error;
    }
  }
  throw new SecretStoreReadOnly(NAME, "none of the stores can be written");
}

/** From every store that can be written: a copy of lower rank would come back in its place. */
async function remove(guarded: readonly GuardedStore[], name: SecretName): Promise<boolean> {
  let removed = false;
  for (const { store, call } of guarded) {
    if (store.writable) removed = (await call((target) => target.delete(name))) || removed;
    else if ((await call((target) => target.get(name))) !== undefined)
      throw new SecretStoreReadOnly(
        store.name,
        `it holds ${name} and can't be written${removed ? "; it is gone from the stores before" : ""}`,
      );
  }
  return removed;
}

/** Each name once, from the store it would be read from. Stores that can't be asked are missing; `health` names them. */
async function listAll(guarded: readonly GuardedStore[]): Promise<readonly SecretListing[]> {
  const found = new Map<SecretName, SecretListing>();
  for (const { call } of guarded) {
    const listed = await call((store) => store.list()).catch((error: unknown) => {
      if (error instanceof SecretStoreUnavailable || error instanceof SecretStoreAbsent) return [];
      throw error;
    });
    for (const one of listed) if (!found.has(one.name)) found.set(one.name, one);
  }
  return [...found.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}
