import type { OAuthContext } from "../context/index.ts";
import { openClaims } from "../person/index.ts";

/** OIDC Core §5.4: the claims each scope asks for. */
export const CLAIMS_BY_SCOPE = {
  profile: [
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
  ],
  email: ["email", "email_verified"],
} as const;

/** The claims a person released to these scopes; unseals them only when one asks for any (P9). Empty once the person was erased. */
export async function personalClaims(
  context: Pick<OAuthContext, "subjects" | "subjectKeys">,
  subject: string,
  scope: readonly string[],
): Promise<Readonly<Record<string, unknown>>> {
  const names = [...(scope.includes("profile") ? CLAIMS_BY_SCOPE.profile : []), ...(scope.includes("email") ? CLAIMS_BY_SCOPE.email : [])];
  if (names.length === 0) return {};
  const claims = await openClaims(context, (await context.subjects.load(subject)).state);
  // No nulls in JSON answers: a claim without a value is left out
  return Object.fromEntries(names.flatMap((name) => (claims[name] === undefined || claims[name] === null ? [] : [[name, claims[name]]])));
}
