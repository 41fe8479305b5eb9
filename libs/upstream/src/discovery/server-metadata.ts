import { z } from "zod";
import { ProviderTrouble } from "../providers/trouble.ts";
import { documentAt, parseJson, type DiscoveryParts } from "./protected-resource.ts";

const url = z.url({ protocol: /^https?$/ });
const schema = z.object({
  issuer: z.string(),
  authorization_endpoint: url,
  token_endpoint: url,
  registration_endpoint: url.optional(),
  revocation_endpoint: url.optional(),
  scopes_supported: z.array(z.string()).optional(),
  code_challenge_methods_supported: z.array(z.string()).optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
  client_id_metadata_document_supported: z.boolean().optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
});

/** What we need of an authorization server's metadata (RFC 8414 §2, OpenID Connect Discovery §3). */
export type ServerMetadata = z.infer<typeof schema>;

/** The places a document may be, in the order MCP wants them asked. */
export function metadataPlaces(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname === "/" ? "" : pathname.replace(/\/$/, "");
  const places = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
  return [...new Set(places)];
}

/** Reads the metadata of an issuer. `pkce: "shown"`: one that does not say that it takes S256 is refused. Throws ProviderTrouble. */
export async function describeServer(
  parts: Pick<DiscoveryParts, "fetcher">,
  issuer: string,
  { pkce }: { readonly pkce: "shown" | "assumed" },
): Promise<ServerMetadata> {
  if (!URL.canParse(issuer)) throw new ProviderTrouble("setup", "issuer-malformed");
  for (const place of metadataPlaces(issuer)) {
    const text = await documentAt(parts, place);
    if (text !== undefined) return readMetadata(text, issuer, pkce);
  }
  throw new ProviderTrouble("setup", "server-metadata-missing");
}

function readMetadata(text: string, issuer: string, pkce: "shown" | "assumed"): ServerMetadata {
  const document = schema.safeParse(parseJson(text));
  if (!document.success) throw new ProviderTrouble("setup", "server-metadata-invalid");
  // RFC 8414 §3.3: byte for byte the issuer that was asked for, or the document is somebody else's
  if (document.data.issuer !== issuer) throw new ProviderTrouble("setup", "issuer-mismatch");
  const methods = document.data.code_challenge_methods_supported;
  // MCP authorization, code protection: a server that does not show S256 is refused
  if (methods === undefined ? pkce === "shown" : !methods.includes("S256")) throw new ProviderTrouble("setup", "pkce-unsupported");
  return document.data;
}
