import { hash } from "node:crypto";
import type { createTurns } from "@grantline/event-store";
import type { Person } from "@grantline/identity";
import { ensureBrowser, requireCsrf } from "../browser/index.ts";
import { commandMeta, type OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import { formParameters, queryParameters, seeOther, type HttpRequest, type HttpResponse } from "../http/index.ts";
import { interactionUrl } from "../interaction/index.ts";
import { readSession, sessionCookie, startSession, type Session } from "../session/index.ts";
import { recogniseSubject } from "./recognise-subject.ts";
import { loginForm, loginPurpose, type LoginPurpose } from "./login.request.ts";
import { loginPage } from "./login.page.ts";

type InTurn = ReturnType<typeof createTurns>;

const LONGEST_NAME = 256;
const LONGEST_PASSWORD = 1024;

/** GET /login: the form. */
export async function showLogin(context: OAuthContext, request: HttpRequest): Promise<HttpResponse> {
  const purpose = await loginPurpose(context, request, queryParameters(request.query));
  return loginPage(context, { purpose, browser: ensureBrowser(context, request), failed: false });
}

/** POST /login: 1 our own form, 2 not too often, 3 name and password, 4 the subject behind them, 5 a new session, 6 on. */
export async function submitLogin(context: OAuthContext, request: HttpRequest, inTurn: InTurn): Promise<HttpResponse> {
  const parameters = formParameters(request.body);
  const purpose = await loginPurpose(context, request, parameters);
  requireCsrf(context, request, parameters.get("csrf"), loginForm(purpose));
  const username = (parameters.get("username") ?? "").trim();
  const password = parameters.get("password") ?? "";
  // One guess at a name after the other, so that many at once all meet the wait the first ones earned
  const person = await inTurn(username.toLowerCase(), () => checkPassword(context, request, username, password));
  // Uniform: nothing tells a wrong name from a wrong password
  if (person === undefined) return loginPage(context, { purpose, browser: ensureBrowser(context, request), failed: true });
  const session = await beginSession(context, request, person, username);
  return onward(context, purpose, session);
}

/** Slows guessing down per name and per address, before the password is looked at. */
async function checkPassword(context: OAuthContext, request: HttpRequest, username: string, password: string): Promise<Person | undefined> {
  const keys = [request.ip, `name:${hash("sha256", username.toLowerCase(), "base64url")}`];
  for (const key of keys) await context.limits.check("login", key);
  const plausible = username.length <= LONGEST_NAME && password.length <= LONGEST_PASSWORD;
  // An implausible attempt costs the same time as any other.
  const person = await context.identity.verify(plausible ? username : "", plausible ? password : "");
  if (person !== undefined) return person;
  for (const key of keys) await context.limits.consume("login", key);
  context.security.count({ type: "LoginFailed", reason: "login-failed", ip: request.ip, endpoint: "login" });
  return undefined;
}

async function beginSession(context: OAuthContext, request: HttpRequest, person: Person, username: string): Promise<Session> {
  const subject = await recogniseSubject(context, request, person, username);
  if (subject.status !== "active")
    throw new OAuthError("access_denied", "subject-barred", "This account has been disabled. Ask the operator of this server.", {
      status: 403,
    });
  const former = await readSession(context, request);
  if (former !== undefined) await endCookie(context, request, former);
  return startSession(context, { subject: subject.subject, iss: person.iss, amr: person.amr, generation: subject.generation }, former);
}

// Session fixation: what the browser held before a login is worth nothing after it
async function endCookie(context: OAuthContext, request: HttpRequest, former: Session): Promise<void> {
  const meta = commandMeta(context, request, { kind: "user", id: former.subject });
  await context.subjects.execute(
    former.subject,
    { kind: "end-session", now: context.clock.now(), sessionId: former.cookieId, reason: "replaced" },
    meta,
  );
}

// RFC 9700 §4.12: 303, so that the browser never posts the credentials again
function onward(context: OAuthContext, purpose: LoginPurpose, session: Session): HttpResponse {
  const headers = { "set-cookie": [sessionCookie(context, session)] };
  if (purpose.kind === "grants") return seeOther(`${context.settings.basePath}/grants`, headers);
  if (purpose.kind === "return") return seeOther(purpose.path, headers);
  return seeOther(interactionUrl(context, "consent", purpose.interaction), headers);
}
