import { csrfToken, ensureBrowser, requireCsrf } from "../browser/index.ts";
import { commandMeta, type OAuthContext } from "../context/index.ts";
import { seeOther, type HttpRequest, type HttpResponse } from "../http/index.ts";
import { clearSessionCookie, readSession, type Session } from "../session/index.ts";
import { confirmPage, loggedOutPage } from "./logout.page.ts";
import { parseLogout, type LogoutHint, type LogoutRequest } from "./logout.request.ts";

/**
 * GET and POST /logout. 1 who asks and where to go afterwards, 2 is it the person's own wish: an ID token of this very session, or
 * our own confirmation form, 3 the session ends, and with it every grant that was not made for offline use.
 */
export async function logout(context: OAuthContext, request: HttpRequest): Promise<HttpResponse> {
  const asked = await parseLogout(context, request);
  const session = await readSession(context, request);
  if (asked.parameters.get("confirm") !== undefined && request.method === "POST") {
    requireCsrf(context, request, asked.parameters.get("csrf"), "logout");
    return finish(context, request, asked, session);
  }
  // RP-Initiated Logout §2: without proof of who is meant the person is asked
  if (session !== undefined && !speaksOf(asked.hint, session)) return confirm(context, request, asked);
  return finish(context, request, asked, session);
}

function speaksOf(hint: LogoutHint | undefined, session: Session): boolean {
  return hint !== undefined && hint.subject === session.subject && (hint.sessionId === undefined || hint.sessionId === session.sid);
}

function confirm(context: OAuthContext, request: HttpRequest, { parameters, returnTo }: LogoutRequest): HttpResponse {
  const browser = ensureBrowser(context, request);
  const carried = ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"].flatMap((name) => {
    const value = parameters.get(name);
    return value === undefined ? [] : [{ name, value }];
  });
  return confirmPage(context, {
    csrf: csrfToken(context, browser.key, "logout"),
    cookies: browser.cookies,
    carried,
    returnTo: returnTo?.uri,
  });
}

async function finish(
  context: OAuthContext,
  request: HttpRequest,
  { hint, returnTo }: LogoutRequest,
  session: Session | undefined,
): Promise<HttpResponse> {
  const ended = session === undefined ? hinted(hint) : { subject: session.subject, sessionId: session.sid };
  if (ended !== undefined) await endSession(context, request, ended);
  const cookies = [clearSessionCookie(context)];
  return returnTo?.trusted === true ? seeOther(returnTo.uri, { "set-cookie": cookies }) : loggedOutPage(context, cookies, returnTo?.uri);
}

/** A client's cross-site post brings no cookie; its ID token names the session all the same. */
function hinted(hint: LogoutHint | undefined): { readonly subject: string; readonly sessionId: string } | undefined {
  return hint?.sessionId === undefined ? undefined : { subject: hint.subject, sessionId: hint.sessionId };
}

async function endSession(
  context: OAuthContext,
  request: HttpRequest,
  { subject, sessionId }: { readonly subject: string; readonly sessionId: string },
): Promise<void> {
  const meta = commandMeta(context, request, { kind: "user", id: subject });
  await context.subjects.execute(subject, { kind: "end-session", now: context.clock.now(), sessionId, reason: "logout" }, meta);
}
