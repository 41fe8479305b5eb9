import { csrfToken, ensureBrowser, requireCsrf } from "../browser/index.ts";
import { commandMeta, consentStreamId, type OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import { formParameters, seeOther, type HttpRequest, type HttpResponse } from "../http/index.ts";
import { readSession, type Session } from "../session/index.ts";
import { describeAllowed } from "./allowed-scopes.ts";
import { grantsPage, type StandingConsent } from "./grants.page.ts";

/** GET /grants: what the person logged in has allowed, each with a button to withdraw it. */
export async function showGrants(context: OAuthContext, request: HttpRequest): Promise<HttpResponse> {
  const session = await readSession(context, request);
  if (session === undefined) return toLogin(context);
  const browser = ensureBrowser(context, request);
  const listed = await context.listConsents?.(session.subject);
  const consents =
    listed === undefined ? undefined : (await Promise.all(listed.map((each) => standing(context, session.subject, each.clientId)))).flat();
  return grantsPage(context, { consents, csrf: csrfToken(context, browser.key, grantsForm(session)), cookies: browser.cookies });
}

/** POST /grants: withdraws the consent given to one client. Everything made under it is dead at once (P5). */
export async function withdrawConsent(context: OAuthContext, request: HttpRequest): Promise<HttpResponse> {
  const parameters = formParameters(request.body);
  const session = await readSession(context, request);
  if (session === undefined) return toLogin(context);
  requireCsrf(context, request, parameters.get("csrf"), grantsForm(session));
  const clientId = parameters.get("client_id");
  if (clientId === undefined) throw new OAuthError("invalid_request", "parameter-missing", "client_id is missing.");
  const meta = commandMeta(context, request, { kind: "user", id: session.subject });
  const { outcome } = await context.consents.execute(
    consentStreamId(session.subject, clientId),
    { kind: "withdraw", now: context.clock.now() },
    meta,
  );
  if (outcome.kind === "refused")
    throw new OAuthError("invalid_request", "not-found", "There is nothing to withdraw from this application.", { status: 404 });
  return seeOther(`${context.settings.basePath}/grants`);
}

function toLogin(context: OAuthContext): HttpResponse {
  return seeOther(`${context.settings.basePath}/login`);
}

function grantsForm(session: Session): string {
  return `grants:${session.cookieId}`;
}

/** The listing says which clients to look at; what stands is read from the consent itself, so a withdrawal is seen at once. */
async function standing(context: OAuthContext, subject: string, clientId: string): Promise<readonly StandingConsent[]> {
  const { state } = await context.consents.load(consentStreamId(subject, clientId));
  if (state.status !== "granted") return [];
  return [{ clientId, name: await nameOf(context, clientId), allowed: await describeAllowed(context, state.scopes) }];
}

/** A client that is gone, or whose document can't be read now, goes by its id. */
async function nameOf(context: OAuthContext, clientId: string): Promise<string | undefined> {
  try {
    return (await context.directory.find(clientId)).state.metadata.client_name;
  } catch (error) {
    if (error instanceof OAuthError) return undefined;
    throw error;
  }
}
