import { OAuthError } from "../errors/index.ts";

const MOST = 10;
const LONGEST = 2048;

/**
 * The `resource` parameters of a request, duplicates folded, spelled as given.
 * Throws `invalid_target`: resource-malformed (relative, with a fragment, too long), resource-repeated (more than 10).
 */
export function parseResourceUris(values: readonly string[]): readonly string[] {
  const uris = [...new Set(values)];
  if (uris.length > MOST) throw new OAuthError("invalid_target", "resource-repeated", `At most ${MOST} resources may be named at once.`);
  for (const uri of uris) requireResourceUri(uri);
  return uris;
}

function requireResourceUri(uri: string): void {
  // RFC 8707 §2: an absolute URI without a fragment
  if (uri.length > LONGEST || uri.includes("#") || !URL.canParse(uri)) {
    throw new OAuthError("invalid_target", "resource-malformed", "A resource must be an absolute URI without a fragment.");
  }
}
