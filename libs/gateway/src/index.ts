export { openGateway, type Gateway, type GatewayParts } from "./gateway.ts";
export type { GatewaySettings } from "./gateway-settings.ts";
export type { GatewaySources } from "./context.ts";
