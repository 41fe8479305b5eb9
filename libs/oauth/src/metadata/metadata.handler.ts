import type { OAuthContext } from "../context/index.ts";
import { type Endpoint, type HttpResponse, json } from "../http/index.ts";
import { resourceMetadataUrl } from "../resource/index.ts";
import { authorizationServerMetadata } from "./document.ts";

const CACHE_SECONDS = 300;

/** The metadata document at every place a client looks (mcp-auth.md 1.2): path inserted for both names, and appended for OpenID. */
export function metadataEndpoints(context: Pick<OAuthContext, "settings" | "signer" | "flags">): readonly Endpoint[] {
  const { basePath } = context.settings;
  const handle = (): HttpResponse =>
    json(200, authorizationServerMetadata(context), { "cache-control": `public, max-age=${CACHE_SECONDS}` });
  // RFC 8414 §3.1: the issuer's path comes after the well-known one; OpenID Discovery §4 appends instead
  const paths = [
    `/.well-known/oauth-authorization-server${basePath}`,
    `/.well-known/openid-configuration${basePath}`,
    `${basePath}/.well-known/openid-configuration`,
  ];
  // An issuer without a path has two forms, not three
  const documents = [...new Set(paths)].map((path, index): Endpoint => ({
    id: `metadata-${index + 1}`,
    method: "GET",
    path,
    cors: true,
    audience: "program",
    handle,
  }));
  return [...documents, adminResourceMetadata(context)];
}

/** RFC 9728: the admin API is a protected resource of ours. Its scopes are not told here: clients ask for all they see (mcp-auth.md 3.4). */
function adminResourceMetadata({ settings }: Pick<OAuthContext, "settings">): Endpoint {
  const { pathname } = new URL(resourceMetadataUrl(settings.adminResource));
  const document = {
    resource: settings.adminResource,
    authorization_servers: [settings.issuer],
    bearer_methods_supported: ["header"],
    resource_name: "Grantline administration",
  };
  const handle = (): HttpResponse => json(200, document, { "cache-control": `public, max-age=${CACHE_SECONDS}` });
  return { id: "metadata-admin-resource", method: "GET", path: pathname, cors: true, audience: "program", handle };
}
