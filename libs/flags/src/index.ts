export { bucketOf } from "./bucket.ts";
export { createFlags } from "./flags.ts";
export type { FlagRepository, Flags, FlagsOptions } from "./flags.port.ts";
export { createFlagProvider, OPEN_FEATURE_DOMAIN, provideFlags } from "./open-feature.provider.ts";
