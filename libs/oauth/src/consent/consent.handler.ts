import { ensureBrowser, requireCsrf } from "../browser/index.ts";
import { consentAnswer, consentParameters, recordConsent } from "../consent-form/index.ts";
import { commandMeta, type ClientView, type OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import { queryParameters, seeOther, type HttpRequest, type HttpResponse } from "../http/index.ts";
import {
  interactionUrl,
  issueCode,
  nextStep,
  openInteraction,
  refuseAuthorization,
  type Interaction,
  type Offer,
  type Step,
} from "../interaction/index.ts";
import { openClaims } from "../person/index.ts";
import { readSession, type Session } from "../session/index.ts";
import { consentPage } from "./consent.page.ts";
import { consentForm } from "./consent.request.ts";

interface Stage {
  readonly interaction: Interaction;
  readonly client: ClientView;
  readonly session: Session | undefined;
}

/** GET /consent: what comes next for this interaction. The page only when a decision is needed. */
export async function showConsent(context: OAuthContext, request: HttpRequest): Promise<HttpResponse> {
  const sealed = queryParameters(request.query).get("interaction");
  const stage = await stageOf(context, request, sealed);
  return orRefuse(context, request, stage, async () => {
    const step = await nextStep(context, stage.interaction, stage.client, stage.session);
    if (step.kind === "login") return seeOther(interactionUrl(context, "login", stage.interaction));
    if (step.kind === "issue") return issueCode(context, request, step.issue);
    const person = await openClaims(context, (await context.subjects.load(step.session.subject)).state);
    const { interaction, client } = stage;
    return consentPage(context, {
      interaction,
      client,
      session: step.session,
      offer: step.offer,
      person,
      browser: ensureBrowser(context, request),
      sealed: sealed ?? "",
    });
  });
}

/** POST /consent: 1 our own form, 2 what this person can allow now, 3 their answer, 4 consent and then the grant, or a denial. */
export async function answerConsent(context: OAuthContext, request: HttpRequest): Promise<HttpResponse> {
  const parameters = consentParameters(request.body);
  const stage = await stageOf(context, request, parameters.get("interaction"));
  const { interaction, client, session } = stage;
  if (session === undefined) return seeOther(interactionUrl(context, "login", interaction));
  requireCsrf(context, request, parameters.get("csrf"), consentForm(interaction.id, session));
  return orRefuse(context, request, stage, async () => {
    const offer = offered(await nextStep(context, interaction, client, session));
    if (offer === undefined) return seeOther(interactionUrl(context, "login", interaction));
    const answer = consentAnswer(parameters, offer);
    if (!answer.allowed) throw new OAuthError("access_denied", "access-denied", "The person did not allow this.");
    const meta = commandMeta(context, request, { kind: "user", id: session.subject });
    const consent = await recordConsent(context, { subject: session.subject, clientId: client.clientId, offer, answer }, meta);
    return issueCode(context, request, { interaction, client, session, offer, granted: answer.granted, consent });
  });
}

async function stageOf(context: OAuthContext, request: HttpRequest, sealed: string | undefined): Promise<Stage> {
  const opened = await openInteraction(context, request, sealed);
  return { ...opened, session: await readSession(context, request) };
}

function offered(step: Step): Offer | undefined {
  if (step.kind === "login") return undefined;
  return step.kind === "consent" ? step.offer : step.issue.offer;
}

/** Errors for the client leave by redirect and end the interaction; the person has been through our pages by now. */
async function orRefuse(
  context: OAuthContext,
  request: HttpRequest,
  { interaction, client, session }: Stage,
  work: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OAuthError) || error.reason === "interaction-unknown") throw error;
    const ends = { id: interaction.id, subject: session?.subject };
    return refuseAuthorization(context, request, { client, target: interaction.request, error, direct: true, ends });
  }
}
