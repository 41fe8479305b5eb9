import type { SubjectState } from "@grantline/domain/subject";
import type { OAuthContext } from "../context/index.ts";

/** Member of the sealed claims that holds the name the person logged in with. Ours, never released: userinfo picks claims by name. */
export const LOGIN_NAME = "grantline_login_name";

// Associated data: a sealed claims document is good for nothing else.
const PURPOSE = "claims";

type Claims = Readonly<Record<string, unknown>>;

/** Seals a person's claims under their own key (P9). */
export function sealClaims(context: Pick<OAuthContext, "subjectKeys">, subject: string, claims: Claims): Promise<string> {
  return context.subjectKeys.seal(subject, PURPOSE, JSON.stringify(claims));
}

/** The claims of a person; empty once the key was destroyed or the subject erased. */
export async function openClaims(context: Pick<OAuthContext, "subjectKeys">, state: SubjectState): Promise<Claims> {
  if (state.status !== "active" && state.status !== "disabled") return {};
  const text = await context.subjectKeys.open(state.subject, PURPOSE, state.claims);
  if (text === undefined) return {};
  const claims: unknown = JSON.parse(text);
  return typeof claims === "object" && claims !== null ? (claims as Claims) : {};
}
