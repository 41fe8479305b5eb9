import type { ServerDefinition } from "@grantline/domain/server";
import type { CommandMeta } from "@grantline/event-store";
import { secretNameOf } from "@grantline/secrets";
import type { UpstreamContext } from "../context.ts";
import { callbackFrom, callbackUrl } from "../discovery/client-metadata.ts";
import { ourClient } from "../discovery/our-client.ts";
import { describeResource } from "../discovery/protected-resource.ts";
import { reachOf } from "../discovery/reach.ts";
import { describeServer, type ServerMetadata } from "../discovery/server-metadata.ts";
import { builtIn } from "./built-in.ts";
import { PLAIN, type Provider, type ProviderClient, type ProviderEndpoints } from "./provider.ts";
import type { AuthMethod, ProviderSettings } from "./settings.ts";
import { ProviderTrouble } from "./trouble.ts";

type Parts = Pick<UpstreamContext, "gateway" | "servers" | "secrets" | "exchange" | "fetcher" | "outside" | "settings" | "clock">;

/** The provider that needs no setting: what the server itself publishes. */
export const DISCOVERED = "discovered";

/** Is there a provider of this name? */
export function isProvider({ gateway }: Pick<UpstreamContext, "gateway">, name: string): boolean {
  return name === DISCOVERED || gateway.providers.some((provider) => provider.name === name);
}

/** The provider of a server, ready to be talked to. Throws ProviderTrouble. */
export async function providerOf(context: Parts, server: ServerDefinition, meta: CommandMeta): Promise<Provider> {
  if (server.provider === DISCOVERED) return discovered(context, server, meta);
  const settings = context.gateway.providers.find(({ name }) => name === server.provider);
  if (settings === undefined) throw new ProviderTrouble("setup", "provider-unknown");
  if (settings.kind === "custom") return custom(context, server, settings);
  const { endpoints, traits, authMethod } = builtIn(settings);
  return {
    name: settings.name,
    redirectUri: callbackUrl(context),
    endpoints,
    traits: { ...traits, authorizeParameters: { ...traits.authorizeParameters, ...settings.authorizeParameters } },
    client: await clientOf(context, server, settings, authMethod),
  };
}

async function custom(
  context: Parts,
  server: ServerDefinition,
  settings: Extract<ProviderSettings, { kind: "custom" }>,
): Promise<Provider> {
  const metadata = settings.issuer === undefined ? undefined : await describeServer(context, settings.issuer, { pkce: "assumed" });
  const authorization = settings.authorizationEndpoint ?? metadata?.authorization_endpoint;
  const token = settings.tokenEndpoint ?? metadata?.token_endpoint;
  if (authorization === undefined || token === undefined) throw new ProviderTrouble("setup", "endpoints-missing");
  const revocation = settings.revocationEndpoint ?? metadata?.revocation_endpoint;
  const endpoints: ProviderEndpoints = {
    issuer: settings.issuer ?? new URL(authorization).origin,
    authorization,
    token,
    ...(revocation === undefined ? {} : { revocation }),
    sendsIssuer: metadata?.authorization_response_iss_parameter_supported ?? false,
  };
  const methods = metadata?.token_endpoint_auth_methods_supported ?? [];
  const authMethod =
    methods.includes("client_secret_post") && !methods.includes("client_secret_basic") ? "client_secret_post" : "client_secret_basic";
  return {
    name: settings.name,
    redirectUri: callbackUrl(context),
    endpoints,
    traits: { ...PLAIN, resource: settings.resource, authorizeParameters: settings.authorizeParameters ?? {} },
    client: await clientOf(context, server, settings, authMethod),
    ...(server.url === undefined ? {} : { resource: server.url }),
  };
}

/** The client of the settings, or the server's own. Its secret: the server's, else the one all servers of the provider share. */
async function clientOf(
  { secrets }: Parts,
  server: ServerDefinition,
  settings: ProviderSettings,
  otherwise: AuthMethod,
): Promise<ProviderClient> {
  const clientId = server.client?.clientId ?? settings.clientId;
  const authMethod = settings.authMethod ?? otherwise;
  if (authMethod === "none") return { clientId, authMethod };
  const name = server.client?.secretName ?? secretNameOf({ provider: settings.name, server: "app", tokenType: "client-secret" });
  const secret = (await secrets.get(name))?.value;
  if (secret === undefined) throw new ProviderTrouble("setup", "client-secret-missing");
  return { clientId, authMethod, secret };
}

async function discovered(context: Parts, server: ServerDefinition, meta: CommandMeta): Promise<Provider> {
  if (server.url === undefined) throw new ProviderTrouble("setup", "nothing-to-discover");
  const described = await describeResource(context, server.url);
  const reach = await reachOf(context, server.url);
  const metadata = await describeServer(reach, described.authorizationServer, { pkce: "shown" });
  const endpoints = endpointsOf(metadata);
  return {
    name: DISCOVERED,
    // a client registered by hand is known at its own server alone
    redirectUri: server.client === undefined ? callbackFrom(context, endpoints) : callbackUrl(context),
    endpoints,
    // MCP authorization, refresh tokens: offline_access is asked where the server shows it
    traits: {
      ...PLAIN,
      resource: "send",
      besides: metadata.scopes_supported?.includes("offline_access") === true ? ["offline_access"] : [],
    },
    client: await ourClient({ ...context, ...reach }, server, metadata, meta),
    exchange: reach.exchange,
    resource: described.resource ?? server.url,
    suggested: described.scopes,
  };
}

function endpointsOf(metadata: ServerMetadata): ProviderEndpoints {
  const { issuer, authorization_endpoint: authorization, token_endpoint: token, revocation_endpoint: revocation } = metadata;
  return {
    issuer,
    authorization,
    token,
    ...(revocation === undefined ? {} : { revocation }),
    sendsIssuer: metadata.authorization_response_iss_parameter_supported ?? false,
  };
}
