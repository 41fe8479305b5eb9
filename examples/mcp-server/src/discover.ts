import type { OAuthMetadata } from "@modelcontextprotocol/server";

/** Reads the authorization server's metadata (RFC 8414). Throws when it is not there, is another's, or offers no introspection. */
export async function discover(issuer: string): Promise<OAuthMetadata & { readonly introspection_endpoint: string }> {
  const { origin, pathname } = new URL(issuer);
  // RFC 8414 §3.1: the well-known part goes between the host and the issuer's path
  const url = `${origin}/.well-known/oauth-authorization-server${pathname === "/" ? "" : pathname}`;
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch((cause: unknown) => {
    throw new Error(`Nobody answers at ${url}. Is Grantline running?`, { cause });
  });
  if (!response.ok) throw new Error(`No authorization server is at ${issuer}: ${url} gave ${response.status}.`);
  const metadata = (await response.json()) as OAuthMetadata;
  // RFC 8414 §3.3: a document that names another issuer must not be used
  if (metadata.issuer !== issuer) throw new Error(`${url} says its issuer is ${metadata.issuer}, not ${issuer}`);
  const { introspection_endpoint } = metadata;
  if (introspection_endpoint === undefined) throw new Error(`${issuer} offers no introspection`);
  return { ...metadata, introspection_endpoint };
}
