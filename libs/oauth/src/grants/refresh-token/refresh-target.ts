import type { GrantedResource, GrantState } from "@grantline/domain/grant";
import type { OAuthSettings } from "../../context/index.ts";
import { OAuthError } from "../../errors/index.ts";
import { grantedResource, namesUserinfo, targetScope } from "../grant-target.ts";
import type { RefreshRequest } from "./refresh-token.request.ts";

export type LivingGrant = Extract<GrantState, { readonly basis: unknown }>;

/** What the next access token is for. `problem`: why this can't be given; told only to who holds the current token. */
export interface RefreshTarget {
  readonly target?: GrantedResource;
  readonly scope: readonly string[];
  readonly problem?: OAuthError;
}

/**
 * The resource named, or as before when none is; of its scopes those asked for. Asking beyond the grant is left to the decider,
 * which looks at theft first.
 */
export function refreshTarget(settings: OAuthSettings, state: LivingGrant, asked: RefreshRequest): RefreshTarget {
  const { basis } = state;
  const named = asked.resource === undefined ? undefined : grantedResource(basis, asked.resource);
  const userinfo = namesUserinfo(settings, basis, asked.resource);
  const target = userinfo ? undefined : (named ?? formerTarget(state));
  const granted = targetScope(basis, target);
  // RFC 6749 §6: scope may shrink, and each refresh starts from what was granted
  const scope = asked.scope === undefined ? granted : granted.filter((each) => asked.scope?.includes(each));
  const problem =
    target === undefined && basis.resources.length > 0 && !userinfo
      ? ambiguous()
      : scope.length === 0 && granted.length > 0
        ? otherResourceOnly()
        : undefined;
  return { scope, ...(target === undefined ? {} : { target }), ...(problem === undefined ? {} : { problem }) };
}

// architecture.md §7: a refresh that forgets the resource inherits it
function formerTarget({ basis, ...state }: LivingGrant): GrantedResource | undefined {
  if (basis.resources.length < 2) return basis.resources[0];
  const last = state.status === "active" ? (state.rotation?.access ?? state.tokens.at(-1)) : undefined;
  return basis.resources.find(({ id }) => id === last?.resource);
}

function ambiguous(): OAuthError {
  return new OAuthError(
    "invalid_target",
    "resource-ambiguous",
    "The authorization covers several resources: name one with the resource parameter.",
  );
}

function otherResourceOnly(): OAuthError {
  return new OAuthError("invalid_scope", "scope-not-allowed", "None of the scopes asked for was granted for this resource.");
}
