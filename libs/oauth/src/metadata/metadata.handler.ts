import type { OAuthContext } from "../context/index.ts";
import { type Endpoint, type HttpResponse, json } from "../http/index.ts";
import { authorizationServerMetadata } from "./document.ts";

const CACHE_SECONDS = 300;

/** The metadata document at every place a client looks (mcp-auth.md 1.2): path inserted for both names, and appended for OpenID. */
export function metadataEndpoints(context: Pick<OAuthContext, "settings" | "signer">): readonly Endpoint[] {
  const { basePath } = context.settings;
  const handle = (): HttpResponse => json(200, authorizationServerMetadata(context), { "cache-control": `public, max-age=${CACHE_SECONDS}` });
  // RFC 8414 §3.1: the issuer's path comes after the well-known one; OpenID Discovery §4 appends instead
  const paths = [`/.well-known/oauth-authorization-server${basePath}`, `/.well-known/openid-configuration${basePath}`, `${basePath}/.well-known/openid-configuration`];
  // An issuer without a path has two forms, not three
  return [...new Set(paths)].map((path, index) => ({ id: `metadata-${index + 1}`, method: "GET", path, cors: true, audience: "program", handle }));
}
