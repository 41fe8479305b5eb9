export { addressPrefix } from "./address-prefix.ts";
export { createLimits, type LimitsOptions } from "./limits.ts";
export { createWriterCount } from "./writer-count.ts";
export { createSharedLimits, type SharedLimitsOptions } from "./shared-limits.ts";
export { createSecurityLog, type SecurityLogOptions } from "./security-log.ts";
