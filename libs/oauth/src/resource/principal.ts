import type { EntityKind } from "@grantline/domain/kernel";
import type { Principal, RegisteredResource } from "@grantline/domain/resource";
import type { SubjectState } from "@grantline/domain/subject";
import type { ClientView, OAuthContext } from "../context/index.ts";
import { LOGIN_NAME, openClaims } from "../person/index.ts";

export interface PrincipalQuery {
  readonly client: ClientView;
  /** Random subject id; absent when the client acts for itself. */
  readonly subject?: string;
  readonly resource: Pick<RegisteredResource, "scopes" | "policy">;
}

/** What the token says in `entity`: as the operator set it, else a person where there is one, else a service. */
export function entityOf(client: ClientView, subject: string | undefined): EntityKind {
  return client.state.settings.entity ?? (subject === undefined ? "service" : "human");
}

/**
 * Who asks, as access policies see them; undefined when the person is not active.
 * Personal claims are unsealed only when the resource's policy looks at one, or has `grantline:*` scopes.
 */
export async function principalOf(
  context: Pick<OAuthContext, "subjects" | "subjectKeys" | "settings">,
  { client, subject, resource }: PrincipalQuery,
): Promise<Principal | undefined> {
  const base = { entity: entityOf(client, subject), verification: client.state.verification };
  if (subject === undefined) return { ...base, groups: [], claims: {}, operator: false };
  const { state } = context.subjects.loadCached(subject) ?? (await context.subjects.load(subject));
  if (state.status !== "active") return undefined;
  const claims = looksAtPerson(resource) ? await openClaims(context, state) : {};
  return { ...base, subject, groups: state.groups, claims, operator: isOperator(context, claims, state) };
}

// P14: operators are people the settings name by login name
function isOperator(context: Pick<OAuthContext, "settings">, claims: Readonly<Record<string, unknown>>, state: SubjectState): boolean {
  const name = claims[LOGIN_NAME];
  return state.status === "active" && typeof name === "string" && context.settings.operators.includes(name);
}

function looksAtPerson(resource: PrincipalQuery["resource"]): boolean {
  return (
    resource.scopes.some(({ name }) => name.startsWith("grantline:")) || resource.policy.rules.some(({ subjects }) => "claim" in subjects)
  );
}
