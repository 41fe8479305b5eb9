import type { Config } from "./config.ts";

/** The settings the OAuth slices take (`OAuthSettings` of libs/oauth, by structure: config knows nobody). */
export function toOAuthSettings(config: Config) {
  const { alerts, server, tokens, dcr, cimd, resources, people } = config;
  const shared = {
    code: tokens.code,
    idToken: tokens.idToken,
    session: tokens.session,
    refreshRetryWindow: tokens.refreshRetryWindow,
    parRequest: tokens.parRequest,
    deviceCode: tokens.deviceCode,
    interaction: tokens.interaction,
  };
  return {
    issuer: server.issuer,
    origin: server.origin,
    basePath: server.basePath,
    region: server.region,
    production: config.production,
    secureCookies: server.issuer.startsWith("https:"),
    adminResource: `${server.origin}/admin/v1`,
    ...(resources.default === undefined ? {} : { defaultResource: resources.default }),
    lifetimes: { human: { ...shared, ...tokens.human }, service: { ...shared, ...tokens.service }, agent: { ...shared, ...tokens.agent } },
    accessTokenFormat: tokens.accessTokenFormat,
    statusList: tokens.statusList === "on",
    signals: alerts.ssf,
    stepUpNudge: tokens.stepUpNudge === "on",
    dcr: {
      enabled: dcr.enabled,
      initialAccessTokens: dcr.initialAccessTokens,
      unusedLifetime: dcr.unusedLifetime,
      redirectSchemes: dcr.redirectSchemes,
    },
    cimd: { enabled: cimd.enabled, allowInsecureLoopback: cimd.allowInsecureLoopback },
    operators: people.operators,
  };
}

/** Longest time any signed token of ours may live; a replaced signing key must stay published at least that long. Seconds. */
export function longestTokenLifetime(config: Config): number {
  const { tokens, resources } = config;
  const declared = resources.declared.map((resource) => resource.accessTokenLifetime ?? 0);
  return Math.max(tokens.human.accessToken, tokens.service.accessToken, tokens.agent.accessToken, tokens.idToken, ...declared);
}
