import { createHash } from "node:crypto";
import type { Client, Link } from "./link.ts";
import { RedisUnavailable } from "./unavailable.ts";

export type Argument = string | number | Buffer;

/** A script that runs atomically in Redis; all its keys are of one slot. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
}

export function script(lua: string): Script {
  return { lua, sha: createHash("sha1").update(lua).digest("hex") };
}

/** Sends commands that must be answered in time or not at all. Every failure is a RedisUnavailable. */
export interface Caller {
  run<T>(work: (client: Client) => Promise<T>): Promise<T>;
  evaluate(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown>;
}

/** After a call that was not answered in time nothing is sent for so long: a Redis that hangs costs one wait, not one for every caller. */
const REST_MS = 500;

export function createCaller(link: Link, timeoutMs: number): Caller {
  let restsUntil = 0;
  const run = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    if (performance.now() < restsUntil) throw new RedisUnavailable("Redis has just failed to answer in time");
    try {
      return await inTime(work(link.client()), timeoutMs);
    } catch (error) {
      if (error instanceof TimedOut) restsUntil = performance.now() + REST_MS;
      if (error instanceof RedisUnavailable) throw error;
      throw new RedisUnavailable(`Redis failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  };
  return { run, evaluate: (wanted, keys, args) => run((client) => evaluateOn(client, wanted, keys, args)) };
}

class TimedOut extends Error {
  override readonly name = "TimedOut";
}

async function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      // When it was this process that stood still, the answer may be waiting to be read: it is, before this runs.
      setImmediate(() => reject(new TimedOut(`no answer within ${timeoutMs} ms`)));
    }, timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function evaluateOn(client: Client, { lua, sha }: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
  try {
    return await client.evalsha(sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
    return client.eval(lua, keys.length, ...keys, ...args);
  }
}
