import { authorizationParameters, wireParameters, wireQuery } from "../authorization-request/index.ts";
import { ensureBrowser } from "../browser/index.ts";
import type { OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import { redirect, seeOther, type HttpRequest, type HttpResponse } from "../http/index.ts";
import { interactionUrl, issueCode, nextStep, refuseAuthorization, startInteraction } from "../interaction/index.ts";
import { readSession, type Session } from "../session/index.ts";
import { addressRequest, validRequest, type Addressed } from "./authorize.request.ts";

/**
 * GET and POST /authorize. 1 who asks and where answers go (errors are pages), 2 the whole request, 3 what it needs next:
 * login, consent, or nothing, and then the code. Errors of 2 and 3 go to the client.
 */
export async function authorize(context: OAuthContext, request: HttpRequest): Promise<HttpResponse> {
  const addressed = await addressRequest(context, request);
  let session: Session | undefined;
  try {
    const valid = await validRequest(context, addressed);
    // A form posted from another site carries no SameSite cookies; the GET after it does.
    if (request.method === "POST") return toGet(context, addressed, request);
    session = await readSession(context, request);
    return await proceed(context, request, addressed, valid, session);
  } catch (error) {
    if (!(error instanceof OAuthError) || error.reason === "interaction-unknown") throw error;
    return refuse(context, request, addressed, error, session);
  }
}

async function proceed(
  context: OAuthContext,
  request: HttpRequest,
  { target, pushedId }: Addressed,
  valid: Awaited<ReturnType<typeof validRequest>>,
  session: Session | undefined,
): Promise<HttpResponse> {
  const { client } = target;
  const browser = ensureBrowser(context, request);
  const interaction = startInteraction(context, {
    request: valid,
    client,
    browser: browser.key,
    ...(pushedId === undefined ? {} : { pushedId }),
    ...(session === undefined ? {} : { formerCookieId: session.cookieId }),
  });
  const step = await nextStep(context, interaction, client, session);
  if (step.kind === "issue") {
    return issueCode(context, request, step.issue);
  }
  return redirect(interactionUrl(context, step.kind, interaction), browser.cookies.length === 0 ? {} : { "set-cookie": browser.cookies });
}

function toGet(context: OAuthContext, { pushedId }: Addressed, request: HttpRequest): HttpResponse {
  const sent = wireParameters(authorizationParameters(request));
  const kept = pushedId === undefined ? sent : sent.filter(([name]) => name === "client_id" || name === "request_uri");
  return seeOther(`${context.settings.basePath}/authorize?${wireQuery(kept)}`);
}

function refuse(
  context: OAuthContext,
  request: HttpRequest,
  addressed: Addressed,
  error: OAuthError,
  session: Session | undefined,
): Promise<HttpResponse> {
  const { target, state, responseMode, silent, pushedId } = addressed;
  return refuseAuthorization(context, request, {
    client: target.client,
    target: { redirectUri: target.redirectUri, state, responseMode },
    error,
    direct: silent,
    // CVE-2026-96446: a pushed request is used up by an error too, on every path
    ...(pushedId === undefined ? {} : { ends: { id: pushedId, subject: session?.subject } }),
  });
}
