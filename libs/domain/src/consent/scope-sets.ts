import type { ConsentedScopes } from "./types.ts";

/** All scopes of both, by resource. */
export function union(a: ConsentedScopes, b: ConsentedScopes): ConsentedScopes {
  return Object.fromEntries(
    [...new Set([...Object.keys(a), ...Object.keys(b)])].map((id) => [id, [...new Set([...of(a, id), ...of(b, id)])]]),
  );
}

/** The scopes of `a` that `b` has too, by resource; a resource without any is left out. */
export function intersection(a: ConsentedScopes, b: ConsentedScopes): ConsentedScopes {
  const kept = Object.keys(a).map((id) => [id, of(a, id).filter((scope) => of(b, id).includes(scope))] as const);
  return Object.fromEntries(kept.filter(([, scopes]) => scopes.length > 0));
}

/** Has `a` every scope of `b`? */
export function covers(a: ConsentedScopes, b: ConsentedScopes): boolean {
  return Object.keys(b).every((id) => of(b, id).every((scope) => of(a, id).includes(scope)));
}

function of(scopes: ConsentedScopes, id: string): readonly string[] {
  return (Object.hasOwn(scopes, id) ? scopes[id] : undefined) ?? [];
}
