import { OAuthError } from "../errors/index.ts";

/** Scopes about the person and the grant itself; every other scope belongs to a resource. */
export const IDENTITY_SCOPES = ["openid", "profile", "email", "offline_access"] as const;

const MAX_LENGTH = 4096;
// RFC 6749 §3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ), tokens parted by one space
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/**
 * The scope tokens of a parameter, in the order given, duplicates folded.
 * Throws `invalid_scope` (scope-malformed) over 4096 characters or with characters outside the grammar.
 */
export function parseScope(text: string): string[] {
  if (text.length > MAX_LENGTH) throw malformed("The scope is longer than 4096 characters.");
  const tokens = text.split(" ").filter((token) => token !== "");
  if (!tokens.every((token) => SCOPE_TOKEN.test(token))) throw malformed("The scope has characters that a scope may not have.");
  return [...new Set(tokens)];
}

/** Like `parseScope`; absent and empty both come out as undefined (OAuth 2.1 §3.1: an empty value counts as omitted). */
export function parseOptionalScope(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const tokens = parseScope(text);
  return tokens.length === 0 ? undefined : tokens;
}

/** The wire form: tokens parted by one space. */
export function formatScope(scope: readonly string[]): string {
  return scope.join(" ");
}

export function isIdentityScope(scope: string): boolean {
  return (IDENTITY_SCOPES as readonly string[]).includes(scope);
}

function malformed(description: string): OAuthError {
  return new OAuthError("invalid_scope", "scope-malformed", description);
}
