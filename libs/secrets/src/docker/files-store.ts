import { randomBytes } from "node:crypto";
import { type FileHandle, open, readdir, realpath, rename, rm } from "node:fs/promises";
import { join, sep } from "node:path";
import { SecretStoreAbsent, SecretStoreReadOnly, SecretStoreUnavailable, SecretUnreadable } from "../errors.ts";
import type { Secret, SecretStore } from "../port.ts";
import { flatName, fromFlatName, secretName, type SecretName } from "../secret-name.ts";
import { checkExpiry, checkValue, LONGEST_VALUE_BYTES } from "../secret-value.ts";
import { fromText, toText } from "../text-record.ts";

const STORE = "docker-files";
/** A record in JSON may need six bytes for one. */
const LONGEST_FILE_BYTES = 7 * LONGEST_VALUE_BYTES;

export interface DockerFilesOptions {
  /** Default `/run/secrets`. */
  readonly dir?: string;
  /** Default false: Docker and Kubernetes mount secrets read-only, and whoever mounted them owns them. */
  readonly writable?: boolean;
  /** Epoch seconds. */
  readonly clock: { now(): number };
}

/** Secrets as files, as Docker, Compose and Kubernetes mount them: `oauth/github/my-server/access-token` is `oauth--github--my-server--access-token`. */
export function dockerFilesStore({ dir = "/run/secrets", writable = false, clock }: DockerFilesOptions): SecretStore {
  const assertWritable = (): void => {
    if (!writable) throw new SecretStoreReadOnly(STORE, "mounted secrets belong to whoever mounted them");
  };
  const get = async (name: SecretName): Promise<Secret | undefined> => {
    const found = await translated(() => readSecret(dir, name));
    return found === undefined ? undefined : { ...found, store: STORE };
  };
  return {
    name: STORE,
    writable,
    get: async (text) => get(secretName(text)),
    set: async (text, value, options = {}) => {
      const name = secretName(text);
      checkValue(value);
      checkExpiry(options.expiresAt);
      assertWritable();
      const { text: content, metadata } = toText(value, options, clock.now());
      await translated(() => replaceFile(dir, flatName(name), content));
      return metadata;
    },
    delete: async (text) => {
      const name = secretName(text);
      assertWritable();
      return translated(() => removeFile(join(dir, flatName(name))));
    },
    list: async () => {
      const names = await translated(() => namesIn(dir));
      const found = await Promise.all(names.map(async (name) => ({ name, secret: await get(name) })));
      return found.flatMap(({ name, secret }) => {
        if (secret === undefined) return [];
        const { value: _value, ...known } = secret;
        return [{ name, ...known }];
      });
    },
    health: async () => [await healthOf(dir, writable)],
    close: async () => undefined,
  };
}

async function readSecret(dir: string, name: SecretName) {
  const path = join(dir, flatName(name));
  // Kubernetes mounts each secret as a link within the folder. A link that leads out of it is somebody's attempt to have another file read.
  const [folder, real] = await Promise.all([realpathOr(dir), realpathOr(path)]);
  if (folder === undefined || real === undefined) return undefined;
  if (!real.startsWith(folder + sep)) throw new SecretUnreadable(STORE, `${flatName(name)} leads out of the folder`);
  const file = await open(real, "r");
  try {
    return await contentOf(file, name);
  } finally {
    await file.close();
  }
}

async function contentOf(file: FileHandle, name: SecretName) {
  const stat = await file.stat();
  if (!stat.isFile()) throw new SecretUnreadable(STORE, `${flatName(name)} is no plain file`);
  if (stat.size > LONGEST_FILE_BYTES) throw new SecretUnreadable(STORE, `${flatName(name)} has ${stat.size} bytes`);
  const found = fromText(await file.readFile("utf8"), STORE);
  return found && { createdAt: Math.floor(stat.mtimeMs / 1000), ...found };
}

/** Written aside, made durable and renamed into place: a reader sees the former file or this one. */
async function replaceFile(dir: string, file: string, content: string): Promise<void> {
  const draft = join(dir, `.${randomBytes(8).toString("hex")}.draft`);
  const handle = await open(draft, "wx", 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
    await handle.close();
    await rename(draft, join(dir, file));
  } catch (error) {
    await handle.close();
    await rm(draft, { force: true });
    throw error;
  }
  const folder = await open(dir, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function removeFile(path: string): Promise<boolean> {
  try {
    await rm(path);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
}

async function namesIn(dir: string): Promise<readonly SecretName[]> {
  const folder = await realpathOr(dir);
  if (folder === undefined) return [];
  return (await readdir(folder))
    .map(fromFlatName)
    .filter((name) => name !== undefined)
    .sort();
}

async function healthOf(dir: string, writable: boolean) {
  try {
    await readdir(dir);
    return { store: STORE, status: "ready", writable } as const;
  } catch (error) {
    const absent = codeOf(error) === "ENOENT";
    return { store: STORE, status: absent ? "absent" : "degraded", writable, detail: `${dir}: ${codeOf(error)}` } as const;
  }
}

async function realpathOr(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT") throw new SecretStoreAbsent(STORE, "the folder does not exist");
    // a system's error has a code and the path, which holds no secret; it is left out all the same
    if (code !== undefined) throw new SecretStoreUnavailable(STORE, `the folder can't be used (${code})`);
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
