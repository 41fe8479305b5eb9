import { Redis } from "ioredis";
import { createKeySpace } from "./key-space.ts";
import { unpack } from "./packing.ts";
import { decodeEntry } from "./state-codec.ts";

/** Something that lies in Redis: its key, and its bytes as text; what is packed follows once more as it was before. */
export interface Inspected {
  readonly key: string;
  readonly text: string;
}

/** A key space on one server. Of a cluster each master is to be asked. */
export interface InspectedPlace {
  readonly url: string;
  readonly keySpace: string;
}

/** Everything that is kept, for a look at what is: whether a secret or a person is in it, how much it is. Slow; not for a serving process. */
export async function inspectRedis(place: InspectedPlace): Promise<readonly Inspected[]> {
  const found: Inspected[] = [];
  await eachPage(place, async (redis, keys) => {
    for (const key of keys) for (const part of await partsOf(redis, key)) found.push({ key, text: textOf(part) });
  });
  return found;
}

/** Forgets a key space, as a flush forgets all of them. */
export function forgetRedis(place: InspectedPlace): Promise<void> {
  return eachPage(place, async (redis, keys) => void (keys.length > 0 && (await redis.del(...keys))));
}

async function eachPage({ url, keySpace }: InspectedPlace, work: (redis: Redis, keys: string[]) => Promise<void>): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true });
  await redis.connect();
  try {
    const match = `${createKeySpace(keySpace).prefix.replace(/[*?[\]\\]/g, "\\$&")}*`;
    for await (const keys of redis.scanStream({ match, count: 1_000 }) as AsyncIterable<string[]>) await work(redis, keys);
  } finally {
    redis.disconnect();
  }
}

async function partsOf(redis: Redis, key: string): Promise<readonly Buffer[]> {
  switch (await redis.type(key)) {
    case "string":
      return [(await redis.getBuffer(key)) ?? Buffer.alloc(0)];
    case "hash":
      return Object.entries(await redis.hgetallBuffer(key)).flatMap(([field, value]) => [Buffer.from(field), value]);
    case "list":
      return redis.lrangeBuffer(key, 0, -1);
    case "set":
      return redis.smembersBuffer(key);
    case "zset":
      return redis.zrangeBuffer(key, "0", "-1");
    case "stream":
      return (await redis.xrangeBuffer(key, "-", "+")).flatMap(([id, fields]) => [id, ...fields]);
    case "none": // gone meanwhile
      return [];
    default:
      throw new TypeError(`${key} is of a kind this does not know`);
  }
}

function textOf(bytes: Buffer): string {
  const entry = decodeEntry(bytes);
  return [bytes.toString("latin1"), unpacked(bytes), entry === undefined ? undefined : unpacked(entry.body)]
    .filter((text) => text !== undefined)
    .join("\n");
}

/** Undefined for what is not packed. */
function unpacked(bytes: Buffer): string | undefined {
  try {
    return unpack(bytes);
  } catch {
    // Not one of ours in this form: nothing says which entries are packed but that they can be unpacked.
    return undefined;
  }
}
