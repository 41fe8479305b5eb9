import type { DeviceOutcome } from "@grantline/domain/device";
import { csrfToken, ensureBrowser, requireCsrf } from "../browser/index.ts";
import { registerOnFirstGrant } from "../client-directory/index.ts";
import { consentAnswer, consentParameters, recordConsent, type ConsentAnswer } from "../consent-form/index.ts";
import { commandMeta, consentStreamId, type ClientView, type OAuthContext } from "../context/index.ts";
import { deviceResources, requireDeviceGrantOn, slowDownsOf, type PendingDevice } from "../device-request/index.ts";
import { OAuthError } from "../errors/index.ts";
import { queryParameters, seeOther, type HttpRequest, type HttpResponse } from "../http/index.ts";
import { generationsOf, grantBasis, offerFor, type Offer } from "../interaction/index.ts";
import { addressPrefix } from "../limits/index.ts";
import { openClaims } from "../person/index.ts";
import { loginUrl, readSession, type Session } from "../session/index.ts";
import { decidedPage, decisionPage } from "./decision.page.ts";
import { decided, expired, openDevice } from "./opened-device.ts";

interface Stage {
  readonly pending: PendingDevice;
  readonly client: ClientView;
  readonly session: Session;
}

/** GET /device/decision: who asks, from where, for what. Always a page: a device is never let in without a person's word (RFC 8628 §5.4). */
export async function showDevice(context: OAuthContext, request: HttpRequest): Promise<HttpResponse> {
  const sealed = queryParameters(request.query).get("device");
  const session = await readSession(context, request);
  if (session === undefined) return toLogin(context);
  const stage: Stage = { ...(await openDevice(context, request, sealed)), session };
  requireDeviceGrantOn(context, { client: stage.client.clientId, subject: session.subject });
  const offer = await offered(context, request, stage);
  const browser = ensureBrowser(context, request);
  return decisionPage(context, {
    ...stage,
    offer,
    sealed: sealed ?? "",
    csrf: csrfToken(context, browser.key, decisionForm(stage)),
    cookies: browser.cookies,
    person: await openClaims(context, (await context.subjects.load(session.subject)).state),
    here: addressPrefix(request.ip),
  });
}

/** POST /device/decision: 1 our own form, 2 what this person can allow now, 3 their answer, 4 consent and then the approval, or a denial. */
export async function answerDevice(context: OAuthContext, request: HttpRequest): Promise<HttpResponse> {
  const parameters = consentParameters(request.body);
  const session = await readSession(context, request);
  if (session === undefined) return toLogin(context);
  const stage: Stage = { ...(await openDevice(context, request, parameters.get("device"))), session };
  requireCsrf(context, request, parameters.get("csrf"), decisionForm(stage));
  requireDeviceGrantOn(context, { client: stage.client.clientId, subject: session.subject });
  const offer = await offered(context, request, stage);
  const answer = consentAnswer(parameters, offer);
  if (answer.allowed) await approve(context, request, stage, { offer, answer });
  else await deny(context, request, stage, "access-denied");
  return decidedPage(context, stage.client, answer.allowed);
}

/** What the person can give, cut by policy (P14). Where that is nothing the device is told no, for it would wait in vain. */
async function offered(context: OAuthContext, request: HttpRequest, stage: Stage): Promise<Offer> {
  try {
    return withoutAdministration(await offerFor(context, stage.client, stage.session.subject, stage.pending.request));
  } catch (error) {
    if (error instanceof OAuthError && error.code === "access_denied") await deny(context, request, stage, error.reason);
    throw error;
  }
}

/** RFC 8628 §5.4: not even an operator, who may be shown the code of a stranger's device. */
function withoutAdministration({ identity, resources }: Offer): Offer {
  const left = deviceResources(resources);
  if (identity.length === 0 && left.length === 0 && resources.length > 0)
    throw new OAuthError("access_denied", "policy-denied", "Administration is never given by a device code.");
  return { identity, resources: left };
}

async function approve(
  context: OAuthContext,
  request: HttpRequest,
  { pending, client, session }: Stage,
  { offer, answer }: { readonly offer: Offer; readonly answer: ConsentAnswer },
): Promise<void> {
  const meta = commandMeta(context, request, { kind: "user", id: session.subject });
  const remember = await remembersAlready(context, session, client);
  const consent = await recordConsent(
    context,
    { subject: session.subject, clientId: client.clientId, offer, answer: { ...answer, remember } },
    meta,
  );
  const allowed = { client, session, offer, granted: answer.granted, consent };
  const registered = await registerOnFirstGrant(context, client, meta);
  const { clientId: _same, ...approval } = grantBasis(context, { ...allowed, client: registered });
  const { outcome } = await context.devices.execute(
    pending.id,
    {
      kind: "approve",
      now: context.clock.now(),
      request: pending.request,
      approval: { ...approval, generations: generationsOf(allowed) },
    },
    meta,
  );
  requireDecided(outcome);
}

/** A device is asked about every time; what a browser may go by stays as it was. */
async function remembersAlready(context: OAuthContext, session: Session, client: ClientView): Promise<boolean> {
  const { state } = await context.consents.load(consentStreamId(session.subject, client.clientId));
  return state.status === "granted" && state.remember;
}

async function deny(context: OAuthContext, request: HttpRequest, { pending, session }: Stage, reason: string): Promise<void> {
  const { outcome } = await context.devices.execute(
    pending.id,
    {
      kind: "deny",
      now: context.clock.now(),
      request: pending.request,
      subject: session.subject,
      reason,
      slowDowns: await slowDownsOf(context, pending.id),
    },
    commandMeta(context, request, { kind: "user", id: session.subject }),
  );
  requireDecided(outcome);
}

function requireDecided(outcome: DeviceOutcome): void {
  if (outcome.kind === "refused") throw outcome.reason === "device-expired" ? expired() : decided();
}

function decisionForm({ pending, session }: Stage): string {
  return `device:${pending.id}:${session.cookieId}`;
}

function toLogin(context: OAuthContext): HttpResponse {
  return seeOther(loginUrl(context, `${context.settings.basePath}/device`));
}
