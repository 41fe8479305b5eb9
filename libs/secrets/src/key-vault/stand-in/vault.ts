import { randomBytes } from "node:crypto";

/** One version as Key Vault keeps it. Times in epoch seconds. */
export interface StoredVersion {
  readonly version: string;
  readonly value: string;
  readonly attributes: {
    readonly enabled: boolean;
    readonly created: number;
    readonly updated: number;
    readonly exp?: number;
    readonly nbf?: number;
  };
  readonly tags: Readonly<Record<string, string>>;
  readonly contentType?: string;
}

interface Entry {
  readonly name: string;
  readonly versions: StoredVersion[];
  deletedAtMs?: number;
  recoveredAtMs?: number;
}

/** What can be said no to, as the service's documentation words it. */
export class VaultRefusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly inner: string | undefined;

  constructor(status: number, code: string, message: string, inner?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.inner = inner;
  }
}

/** The state of the stand-in's vault: versions, soft deletion, recovery and purge. Deleting and recovering take `transitionMs`, as they take seconds in reality. */
export function createVault(transitionMs: () => number) {
  // names are compared without regard to case
  const entries = new Map<string, Entry>();
  const find = (name: string): Entry | undefined => entries.get(name.toLowerCase());
  const notFound = (name: string): VaultRefusal =>
    new VaultRefusal(404, "SecretNotFound", `A secret with (name/id) ${name} was not found in this key vault.`);

  const live = (name: string): Entry => {
    const entry = find(name);
    const recovering = entry?.recoveredAtMs !== undefined && performance.now() < entry.recoveredAtMs + transitionMs();
    if (entry === undefined || entry.deletedAtMs !== undefined || recovering) throw notFound(name);
    return entry;
  };
  const deleted = (name: string): Entry => {
    const entry = find(name);
    if (entry?.deletedAtMs === undefined || performance.now() < entry.deletedAtMs + transitionMs()) throw notFound(name);
    return entry;
  };

  return {
    set(name: string, given: Omit<StoredVersion, "version">): StoredVersion {
      if (!/^[0-9a-zA-Z-]{1,127}$/.test(name)) throw new VaultRefusal(400, "BadParameter", "The request URI contains an invalid name");
      if (Buffer.byteLength(given.value) > 25_600) throw new VaultRefusal(400, "BadParameter", "Secret value is too large");
      const entry = find(name) ?? { name, versions: [] };
      refuseWhileGone(entry, transitionMs());
      const stored = { ...given, version: randomBytes(16).toString("hex") };
      entry.versions.push(stored);
      entries.set(name.toLowerCase(), entry);
      return stored;
    },
    get(name: string, version: string | undefined): StoredVersion {
      const { versions } = live(name);
      const stored = version === undefined ? versions.at(-1) : versions.find((one) => one.version === version);
      if (stored === undefined) throw notFound(`${name}/${version}`);
      if (!stored.attributes.enabled)
        throw new VaultRefusal(403, "Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled");
      return stored;
    },
    versions: (name: string): readonly StoredVersion[] => live(name).versions,
    disable(name: string): void {
      const { versions } = live(name);
      const last = versions.pop() as StoredVersion;
      versions.push({ ...last, attributes: { ...last.attributes, enabled: false } });
    },
    list: () =>
      [...entries.values()]
        .filter((entry) => entry.deletedAtMs === undefined)
        .map(({ name, versions }) => ({ name, latest: versions.at(-1) as StoredVersion }))
        .sort((one, other) => (one.name < other.name ? -1 : 1)),
    delete(name: string): StoredVersion {
      const entry = live(name);
      entry.deletedAtMs = performance.now();
      delete entry.recoveredAtMs;
      return entry.versions.at(-1) as StoredVersion;
    },
    getDeleted: (name: string): StoredVersion => deleted(name).versions.at(-1) as StoredVersion,
    recover(name: string): StoredVersion {
      const entry = deleted(name);
      delete entry.deletedAtMs;
      entry.recoveredAtMs = performance.now();
      return entry.versions.at(-1) as StoredVersion;
    },
    purge(name: string): void {
      deleted(name);
      entries.delete(name.toLowerCase());
    },
  };
}

/** A name is taken while its secret is deleted, being deleted or being recovered. */
function refuseWhileGone({ name, deletedAtMs, recoveredAtMs }: Entry, transitionMs: number): void {
  const now = performance.now();
  if (deletedAtMs !== undefined) {
    const inner = now >= deletedAtMs + transitionMs ? "ObjectIsDeletedButRecoverable" : "ObjectIsBeingDeleted";
    throw new VaultRefusal(409, "Conflict", `Secret ${name} is currently in a deleted state.`, inner);
  }
  if (recoveredAtMs !== undefined && now < recoveredAtMs + transitionMs)
    throw new VaultRefusal(409, "Conflict", `Secret ${name} is being recovered.`, "ObjectIsBeingRecovered");
}

export type Vault = ReturnType<typeof createVault>;
