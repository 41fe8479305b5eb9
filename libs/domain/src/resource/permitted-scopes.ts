import type { EntityKind, VerificationLevel } from "../kernel/index.ts";
import { isAdminScope } from "../kernel/index.ts";
import type { AccessRule, RegisteredResource } from "./types.ts";

/** Who asks: the subject (or the client itself, for client_credentials) and the client it acts through. */
export interface Principal {
  readonly entity: EntityKind;
  readonly subject?: string;
  readonly groups: readonly string[];
  readonly claims: Readonly<Record<string, unknown>>;
  readonly verification: VerificationLevel;
  /** Named in the settings as an operator. */
  readonly operator: boolean;
}

/**
 * P14: the one function that says which of the scopes asked for a principal may hold on a resource. In the order asked, each once;
 * `requested` undefined stands for the resource's default scopes (those marked, else all). Empty means: no access.
 */
export function permittedScopes(
  resource: RegisteredResource,
  principal: Principal,
  requested: readonly string[] | undefined,
): readonly string[] {
  const rules = resource.policy.rules.filter((rule) => admits(rule, principal));
  const defined = new Set(resource.scopes.map(({ name }) => name));
  const asked = new Set(requested ?? defaultScopes(resource));
  return [...asked].filter((scope) => defined.has(scope) && rules.some((rule) => gives(rule, scope)) && mayHold(principal, scope));
}

function defaultScopes({ scopes }: RegisteredResource): readonly string[] {
  const marked = scopes.filter((scope) => scope.default === true);
  return (marked.length > 0 ? marked : scopes).map(({ name }) => name);
}

function admits({ subjects, entities, verification }: AccessRule, principal: Principal): boolean {
  if (!entities.includes(principal.entity) || !verification.includes(principal.verification)) return false;
  if ("any" in subjects) return subjects.any;
  if ("groups" in subjects) return subjects.groups.some((group) => principal.groups.includes(group));
  if ("subjects" in subjects) return principal.subject !== undefined && subjects.subjects.includes(principal.subject);
  return claimValues(principal.claims, subjects.claim.name).some((value) => subjects.claim.values.includes(value));
}

/** A claim's values as text: one, or each of a list. Objects have no text, so they never match. */
function claimValues(claims: Readonly<Record<string, unknown>>, name: string): readonly string[] {
  const claim = Object.hasOwn(claims, name) ? claims[name] : undefined;
  const values: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  return values.filter((value) => typeof value === "string" || typeof value === "number" || typeof value === "boolean").map(String);
}

function gives({ scopes }: AccessRule, scope: string): boolean {
  // P14: a wildcard never reaches the scopes that administer Grantline
  return scopes.includes(scope) || (scopes.includes("*") && !isAdminScope(scope));
}

/** P14: `grantline:*` only through a client an operator made, and for a person, whatever the client's kind, only when named as operator. */
function mayHold({ verification, entity, subject, operator }: Principal, scope: string): boolean {
  return !isAdminScope(scope) || (verification === "operator" && (operator || (entity !== "human" && subject === undefined)));
}
