import { isLoopbackHost } from "../outbound/index.ts";
import { OAuthError } from "../errors/index.ts";

const MAX_LENGTH = 1_000;

/**
 * The URL rules of Client ID Metadata Documents §3, before anything is fetched: https, a path, no fragment, no user information, no dot
 * segments; and one spelling only, because two spellings of one URL would be two clients. Throws OAuthError `invalid_client` (document-fetch-refused).
 */
export function checkDocumentUrl(clientId: string, rules: { readonly allowInsecureLoopback: boolean }): void {
  if (clientId.length > MAX_LENGTH || !URL.canParse(clientId)) throw refused("is not a URL");
  const url = new URL(clientId);
  if (url.protocol !== "https:" && !(rules.allowInsecureLoopback && url.protocol === "http:" && isLoopbackHost(url.hostname)))
    throw refused("must be an https URL");
  if (url.username !== "" || url.password !== "") throw refused("must not have user information");
  if (clientId.includes("#")) throw refused("must not have a fragment");
  if (url.pathname === "/") throw refused("must have a path");
  // The parser folds dot segments, default ports, upper-case hosts and other spellings: what it changed was not the plain form.
  if (url.href !== clientId) throw refused("must be written in its normal form");
}

function refused(why: string): OAuthError {
  return new OAuthError("invalid_client", "document-fetch-refused", `A client_id that is a URL ${why}.`);
}
