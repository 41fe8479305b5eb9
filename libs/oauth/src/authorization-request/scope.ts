import type { RegisteredResource } from "@grantline/domain/resource";
import { OAuthError } from "../errors/index.ts";
import { isIdentityScope, parseOptionalScope } from "../scope/index.ts";

/**
 * The scopes asked for that mean something here; undefined when none was asked for. Clients copy scope lists from anywhere, so an
 * unknown one is dropped beside a known one. Throws `invalid_scope` when all are unknown.
 */
export function requestedScope(text: string | undefined, resources: readonly RegisteredResource[]): readonly string[] | undefined {
  const asked = parseOptionalScope(text);
  if (asked === undefined) return undefined;
  const defined = new Set(resources.flatMap(({ scopes }) => scopes.map(({ name }) => name)));
  const known = asked.filter((scope) => isIdentityScope(scope) || defined.has(scope));
  // OAuth 2.1 §1.4.1: a scope that is unknown as a whole is an error
  if (known.length === 0)
    throw new OAuthError("invalid_scope", "scope-unknown", "None of the requested scopes is known for the requested resource.");
  return known;
}
