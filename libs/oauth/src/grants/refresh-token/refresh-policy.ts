import type { GrantBasis } from "@grantline/domain/grant";
import type { ClientView } from "../../context/index.ts";
import { OAuthError } from "../../errors/index.ts";
import { permittedFor, personAdmits } from "../../resource/index.ts";
import { isIdentityScope } from "../../scope/index.ts";
import type { GrantContext } from "../grant-type.ts";
import type { RefreshTarget } from "./refresh-target.ts";

/**
 * P14: the resource's access policy is asked at every refresh, for it may have changed. Scopes it no longer permits are left out;
 * when none is left, `problem` says so.
 */
export async function applyPolicy(
  context: GrantContext,
  client: ClientView,
  basis: GrantBasis,
  wanted: RefreshTarget,
): Promise<RefreshTarget> {
  if (wanted.target === undefined || wanted.problem !== undefined) return wanted;
  const { id } = wanted.target;
  const { state: resource } = context.resources.loadCached(id) ?? (await context.resources.load(id));
  if (resource.status !== "active") return { ...wanted, problem: denied() };
  const asked = wanted.scope.filter((scope) => !isIdentityScope(scope));
  const query = { client, subject: basis.subject, resource };
  if (asked.length === 0) return (await personAdmits(context, query)) ? wanted : { ...wanted, problem: denied() };
  const permitted = await permittedFor(context, { ...query, requested: asked });
  if (permitted.length === 0) return { ...wanted, problem: denied() };
  return { ...wanted, scope: wanted.scope.filter((scope) => isIdentityScope(scope) || permitted.includes(scope)) };
}

function denied(): OAuthError {
  return new OAuthError("invalid_grant", "policy-denied", "The access policy of the resource no longer allows this.");
}
