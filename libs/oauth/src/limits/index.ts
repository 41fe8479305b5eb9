export { createLimits, type LimitsOptions } from "./limits.ts";
export { createSecurityLog, type SecurityLogOptions } from "./security-log.ts";
