export type { Config, DevUserSetting, KekSetting } from "./config.ts";
export { bridgeIssuer, gatewayOrigin, withPort } from "./derive.ts";
export { ConfigError } from "./config-error.ts";
export type { LoadOptions } from "./load-config.ts";
export { loadConfig } from "./load-config.ts";
export { longestTokenLifetime, toOAuthSettings } from "./oauth-settings.ts";
export { configReference } from "./reference.ts";
