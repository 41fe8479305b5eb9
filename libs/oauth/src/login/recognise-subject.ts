import { isDeepStrictEqual } from "node:util";
import type { SubjectState } from "@grantline/domain/subject";
import type { Person } from "@grantline/identity";
import { commandMeta, type OAuthContext } from "../context/index.ts";
import type { HttpRequest } from "../http/index.ts";
import { LOGIN_NAME, openClaims, sealClaims } from "../person/index.ts";

type Parts = Pick<OAuthContext, "logins" | "subjects" | "subjectKeys" | "random" | "clock">;

/**
 * The subject behind a person who just proved who they are: random id, found through the login stream; a new one after an erasure (P9).
 * Records the person's claims, sealed, when they changed. The state says whether the subject is active.
 */
export async function recogniseSubject(context: Parts, request: HttpRequest, person: Person, username: string): Promise<SubjectState> {
  const subject = await linkedSubject(context, request, person);
  const claims = { ...person.claims, [LOGIN_NAME]: username };
  const { state } = await context.subjects.load(subject, { fresh: true });
  if (state.status === "disabled") return state;
  const changed =
    state.status !== "active" ||
    !isDeepStrictEqual(state.groups, person.groups) ||
    !isDeepStrictEqual(await openClaims(context, state), claims);
  const sealed = changed ? await sealClaims(context, subject, claims) : "";
  const meta = commandMeta(context, request, { kind: "user", id: subject });
  const seen = await context.subjects.execute(
    subject,
    { kind: "see", now: context.clock.now(), subject, claims: sealed, groups: person.groups, changed },
    meta,
  );
  return seen.state;
}

async function linkedSubject(context: Parts, request: HttpRequest, person: Person): Promise<string> {
  const login = context.subjectKeys.loginHash(person.iss, person.sub);
  const { state } = await context.logins.load(login);
  if (state.status === "linked" && (await context.subjects.load(state.subject)).state.status !== "erased") return state.subject;
  const subject = context.random.hex(16);
  const replaces = state.status === "linked" ? { replaces: state.subject } : {};
  const meta = commandMeta(context, request, { kind: "user", id: subject });
  const { outcome } = await context.logins.execute(login, { kind: "link", now: context.clock.now(), subject, ...replaces }, meta);
  // Two first logins at once: both get the subject of the one that came first.
  return outcome.subject;
}
