import type { OAuthContext } from "../context/index.ts";
import { clearedCookie, cookie, readCookie } from "../browser/index.ts";
import type { HttpRequest } from "../http/index.ts";

const NAME = "grantline-session";

/** A login session. It lives sealed in its cookie; only its end is an event. Times in epoch seconds. */
export interface Session {
  /** Names the session to grants and to logout. Kept when the same person logs in again. */
  readonly sid: string;
  /** Names this cookie; a new one with every login, and the one before is ended. */
  readonly cookieId: string;
  readonly subject: string;
  /** Issuer of the identity provider. */
  readonly iss: string;
  readonly authTime: number;
  readonly amr: readonly string[];
  readonly exp: number;
  /** Generation of the subject when the session began; a raised one ends it. */
  readonly generation: number;
}

type Start = Pick<Session, "subject" | "iss" | "amr" | "generation">;

/** A new session after a login. `former`: the session the browser had, whose id goes on when it is the same person's. */
export function startSession(context: Pick<OAuthContext, "clock" | "random" | "settings">, start: Start, former?: Session): Session {
  const now = context.clock.now();
  const sid = former !== undefined && former.subject === start.subject ? former.sid : context.random.hex(16);
  return { ...start, sid, cookieId: context.random.hex(16), authTime: now, exp: now + context.settings.lifetimes.human.session };
}

/** The session of the browser that asks; undefined when there is none, it has ended, or its person is no longer active. */
export async function readSession(
  context: Pick<OAuthContext, "clock" | "seals" | "settings" | "subjects">,
  request: HttpRequest,
): Promise<Session | undefined> {
  const sealed = readCookie(context.settings, request, NAME);
  const session = sealed === undefined ? undefined : context.seals.open<Session>("session", sealed);
  if (session === undefined || session.exp <= context.clock.now()) return undefined;
  const { state } = await context.subjects.load(session.subject);
  if (state.status !== "active" || state.generation !== session.generation) return undefined;
  return state.endedSessions.some((ended) => ended === session.sid || ended === session.cookieId) ? undefined : session;
}

export function sessionCookie(context: Pick<OAuthContext, "seals" | "settings" | "clock">, session: Session): string {
  return cookie(context.settings, NAME, context.seals.seal("session", session), session.exp - context.clock.now());
}

export function clearSessionCookie(context: Pick<OAuthContext, "settings">): string {
  return clearedCookie(context.settings, NAME);
}
