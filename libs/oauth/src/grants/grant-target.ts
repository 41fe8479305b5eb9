import type { GrantBasis, GrantedResource } from "@grantline/domain/grant";
import { isIdentityScope } from "../scope/index.ts";

/** The granted resource a `resource` parameter names: exact, or the twin with or without a final slash. */
export function grantedResource(basis: GrantBasis, uri: string): GrantedResource | undefined {
  return (
    basis.resources.find((granted) => granted.uri === uri) ??
    basis.resources.find((granted) => granted.uri === `${uri}/` || `${granted.uri}/` === uri)
  );
}

/** What a token for this resource may carry of the grant: the scopes granted there and those about the person; all for a grant without resources. */
export function targetScope(basis: GrantBasis, target: GrantedResource | undefined): readonly string[] {
  if (target === undefined) return basis.scope;
  return basis.scope.filter((scope) => isIdentityScope(scope) || target.scopes.includes(scope));
}
