/**
 * Does a `resource` parameter name the issuer itself, for a token that opens userinfo? Byte for byte; libraries add a slash to a bare origin
 * (mcp-auth.md 3.4).
 */
export function isIssuer({ issuer, basePath }: { readonly issuer: string; readonly basePath: string }, uri: string): boolean {
  return uri === issuer || (basePath === "" && uri === `${issuer}/`);
}
