export type { GatewaySettings, UpstreamContext, UpstreamLog, UpstreamParts } from "./context.ts";
export type { ProviderSettings } from "./providers/settings.ts";
export { mcpEndpoint } from "./registry/servers.handler.ts";
export { createUpstreamSide, type UpstreamSide } from "./upstream-side.ts";
export type * from "./upstream.port.ts";
