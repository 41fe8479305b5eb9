export { auditEndpoints } from "./audit.endpoints.ts";
export { createAuditLog, type AuditLog, type AuditLogOptions } from "./audit-log.ts";
export type { AuditContext } from "./context.ts";
export { holdEndpoints, type HoldsContext } from "./holds.endpoints.ts";
