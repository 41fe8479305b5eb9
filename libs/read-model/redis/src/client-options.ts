import type { ClusterOptions, RedisOptions } from "ioredis";

const CONNECT_TIMEOUT_MS = 1_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;
const SLOTS_EVERY_MS = 1_000;
const MOST_REDIRECTIONS = 4;

/**
 * Nothing waits in the client: a command that can't be sent now, or whose connection breaks, fails at once, so that the store is asked instead.
 * Nothing is sent twice behind the caller's back either.
 */
export function nodeOptions() {
  return {
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: pause,
    // A demoted master: whoever has the address now is asked.
    reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
  } satisfies RedisOptions;
}

/** Every node is spoken to with the credentials of the first address; the others are found through it. */
export function clusterOptions(url: string) {
  const { protocol, username, password } = new URL(url);
  return {
    // Only ever holds what is asked while a node is being connected to; when that fails, or takes too long, the command fails too.
    enableOfflineQueue: true,
    clusterRetryStrategy: pause,
    maxRedirections: MOST_REDIRECTIONS,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    slotsRefreshInterval: SLOTS_EVERY_MS,
    slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
    redisOptions: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      ...(username === "" ? {} : { username: decodeURIComponent(username) }),
      ...(password === "" ? {} : { password: decodeURIComponent(password) }),
      ...(protocol === "rediss:" ? { tls: {} } : {}),
    },
  } satisfies ClusterOptions;
}

function pause(times: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.min(times, 10), LONGEST_PAUSE_MS);
}
