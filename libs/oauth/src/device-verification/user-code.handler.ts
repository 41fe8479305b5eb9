import type { createTurns } from "@grantline/event-store";
import { csrfToken, ensureBrowser, requireCsrf } from "../browser/index.ts";
import type { OAuthContext } from "../context/index.ts";
import { findByUserCode, readUserCode, showUserCode, type PendingDevice } from "../device-request/index.ts";
import { OAuthError } from "../errors/index.ts";
import { formParameters, queryParameters, seeOther, type HttpRequest, type HttpResponse } from "../http/index.ts";
import { loginUrl, readSession, type Session } from "../session/index.ts";
import { decisionUrl } from "./opened-device.ts";
import { userCodePage } from "./user-code.page.ts";

type InTurn = ReturnType<typeof createTurns>;

/** GET /device: the form, after a login: a code is nothing a stranger may try. One in the link is only filled in, never used (RFC 8628 §5.4). */
export async function showCodeForm(context: OAuthContext, request: HttpRequest): Promise<HttpResponse> {
  const userCode = readUserCode(queryParameters(request.query).get("user_code"));
  const session = await readSession(context, request);
  return session === undefined ? toLogin(context, userCode) : codeForm(context, request, session, { userCode, failed: false });
}

/** POST /device: 1 our own form, 2 not too often, 3 the device behind the code, 4 on to the decision. */
export async function enterCode(context: OAuthContext, request: HttpRequest, inTurn: InTurn): Promise<HttpResponse> {
  const parameters = formParameters(request.body);
  const userCode = readUserCode(parameters.get("user_code"));
  const session = await readSession(context, request);
  if (session === undefined) return toLogin(context, userCode);
  requireCsrf(context, request, parameters.get("csrf"), codeFormName(session));
  // One guess of a person after the other, so that many at once all meet the wait the first ones earned
  const pending = await inTurn(session.subject, () => guess(context, request, session, userCode));
  if (pending === undefined) return { ...codeForm(context, request, session, { userCode, failed: true }), refused: unknownCode() };
  return seeOther(decisionUrl(context, request, pending));
}

/** RFC 8628 §5.1: guessing is slowed down by person and by address, as it is with passwords. */
async function guess(
  context: OAuthContext,
  request: HttpRequest,
  session: Session,
  userCode: string | undefined,
): Promise<PendingDevice | undefined> {
  const keys = [request.ip, `user-code:${session.subject}`];
  for (const key of keys) await context.limits.check("login", key);
  const pending = userCode === undefined ? undefined : await findByUserCode(context, userCode);
  const open = pending !== undefined && pending.request.expiresAt > context.clock.now() ? pending : undefined;
  if (open !== undefined && (await context.devices.load(open.id, { fresh: true })).state.status === "none") return open;
  for (const key of keys) await context.limits.consume("login", key);
  context.security.count({ type: "RequestRefused", reason: "user-code-unknown", ip: request.ip, endpoint: "device-code" });
  return undefined;
}

function unknownCode(): OAuthError {
  return new OAuthError("invalid_request", "user-code-unknown", "No device waits with this code.");
}

function codeForm(
  context: OAuthContext,
  request: HttpRequest,
  session: Session,
  { userCode, failed }: { readonly userCode: string | undefined; readonly failed: boolean },
): HttpResponse {
  const browser = ensureBrowser(context, request);
  const csrf = csrfToken(context, browser.key, codeFormName(session));
  return userCodePage(context, { csrf, userCode, failed, cookies: browser.cookies });
}

function codeFormName(session: Session): string {
  return `device-code:${session.cookieId}`;
}

function toLogin(context: OAuthContext, userCode: string | undefined): HttpResponse {
  const code = userCode === undefined ? "" : `?user_code=${showUserCode(userCode)}`;
  return seeOther(loginUrl(context, `${context.settings.basePath}/device${code}`));
}
