import type { ClientMetadata } from "@grantline/domain/client";

/** The scopes a client may ask for: those it registered, of those there are; all of them when it named none of them. */
export function registeredScopes(offered: readonly string[], { scope }: Pick<ClientMetadata, "scope">): readonly string[] {
  const named = (scope ?? "").split(" ").filter((name) => offered.includes(name));
  return named.length === 0 ? offered : [...new Set(named)];
}
