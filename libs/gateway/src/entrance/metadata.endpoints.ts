import type { RegisteredResource } from "@grantline/domain/resource";
import { OAuthError } from "@grantline/oauth/errors";
import { type Endpoint, type HttpResponse, json } from "@grantline/oauth/http";
import type { GatewayContext } from "../context.ts";
import { resourceOf } from "../gateway-settings.ts";
import { requireServer } from "./arrival.ts";

const WELL_KNOWN = "/.well-known/oauth-protected-resource";
const CACHE_SECONDS = 60;

type Needs = Pick<GatewayContext, "sources" | "settings" | "servers">;

/** RFC 9728: what each server is as a protected resource, at its own path; at the root where there is but one. */
export function resourceMetadataEndpoints(context: Needs): readonly Endpoint[] {
  const common = { method: "GET", cors: true, audience: "program" } as const;
  return [
    {
      ...common,
      id: "gateway-resource-metadata",
      path: `${WELL_KNOWN}/mcp/:server`,
      handle: async ({ params }) => {
        const { server, resource } = await requireServer(context, params["server"]);
        return documentOf(context, server.name, resource);
      },
    },
    { ...common, id: "gateway-root-metadata", path: WELL_KNOWN, handle: () => rootDocument(context) },
  ];
}

async function rootDocument(context: Needs): Promise<HttpResponse> {
  const only = await context.servers.only();
  if (only === undefined)
    throw new OAuthError("invalid_request", "not-found", "Each server here has metadata of its own, at its path.", { status: 404 });
  const { server, resource } = await requireServer(context, only.name);
  return documentOf(context, server.name, resource);
}

function documentOf({ settings }: Needs, server: string, { name, scopes }: RegisteredResource): HttpResponse {
  const minimal = scopes.filter((scope) => scope.default === true).map((scope) => scope.name);
  const document = {
    // RFC 9728 §3.3: byte for byte what the URL of this document is made from
    resource: resourceOf(settings, server),
    authorization_servers: [settings.issuer],
    // MCP, scope selection: what basic use needs; clients ask for all they see
    ...(minimal.length === 0 ? {} : { scopes_supported: minimal }),
    bearer_methods_supported: ["header"],
    resource_name: name,
  };
  return json(200, document, { "cache-control": `public, max-age=${CACHE_SECONDS}` });
}
