export { forgetRedis, inspectRedis } from "./inspect.ts";
export type { Inspected } from "./inspect.ts";
export { openRedis } from "./open.ts";
export type { RedisHandle, RedisOptions } from "./open.ts";
export { RedisUnavailable } from "./unavailable.ts";
