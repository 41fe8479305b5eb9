export { openRedis } from "./open.ts";
export type { RedisHandle, RedisOptions } from "./open.ts";
export { RedisUnavailable } from "./unavailable.ts";
