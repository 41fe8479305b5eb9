import { StreamParked } from "@grantline/event-store";
import { CLIENT_PARAMETERS, type Endpoint, formOperation, formParameters, type HttpRequest, type HttpResponse } from "../http/index.ts";
import { noteStepUp } from "../step-up/index.ts";
import { findAccessToken, findRefreshToken, parseRefreshToken } from "../tokens/index.ts";
import { parseIntrospectionRequest } from "./introspection.request.ts";
import {
  accessTokenFacts,
  inactive,
  type IntrospectionAnswer,
  introspectionResponse,
  refreshTokenFacts,
} from "./introspection.response.ts";
import { createKeptJudgements, type KeptJudgements, questionOf, witnessed } from "../witness/index.ts";
import { type IntrospectionContext, type Introspector, introspectorOf, maySee } from "./introspector.ts";

/** POST /introspect (RFC 7662, RFC 9701). */
export function introspectionEndpoints(context: IntrospectionContext): readonly Endpoint[] {
  const answers = createKeptJudgements<HttpResponse>();
  return [
    {
      id: "introspection",
      method: "POST",
      path: `${context.settings.basePath}/introspect`,
      accepts: "form",
      audience: "program",
      openapi: formOperation({
        summary: "Is a token active, and what is it for (RFC 7662, RFC 9701)",
        parameters: ["token", "token_type_hint", "required_scope", ...CLIENT_PARAMETERS],
        required: ["token"],
        answers: { "200": "What the caller may know of the token." },
      }),
      handle: (request) => {
        const question = questionOf(request);
        const kept = question === undefined ? undefined : answers.find(question, context.clock.now());
        return kept ?? introspect(context, request, question, answers);
      },
    },
  ];
}

async function introspect(
  plain: IntrospectionContext,
  request: HttpRequest,
  question: string | undefined,
  answers: KeptJudgements<HttpResponse>,
): Promise<HttpResponse> {
  const { context, holds } = witnessed(plain, WITNESSED);
  const params = formParameters(request.body);
  const caller = await introspectorOf(context, request, params);
  const { token, signed, required } = parseIntrospectionRequest(request, params);
  const jwks = context.signer.jwks();
  const answer = (await visibleFacts(context, caller, token, required).catch(inactiveWhenParked)) ?? inactive;
  const response = introspectionResponse(context, caller, answer, signed);
  if (question !== undefined && required === undefined && !signed && answer.active && caller.keptUntil !== undefined) {
    const until = Math.min(answer["exp"] as number, caller.keptUntil);
    answers.keep(question, { value: response, until, holds: () => keysStand(context.signer, jwks) && holds() });
  }
  return response;
}

/** A key marked compromised leaves the JWKS, and what it signed is dead. */
function keysStand(signer: IntrospectionContext["signer"], jwks: unknown): boolean {
  const reading = signer.current();
  if (reading === undefined) return signer.jwks() === jwks;
  // Nobody waits for it here: the new judgement asks again, and that request hears of it when the keyring can't be read.
  reading.catch(() => undefined);
  return false;
}

/** Everything a judgement reads that may change. */
const WITNESSED = ["grants", "clients", "subjects", "consents", "resources", "tokens"] as const;

/** P11: what rests on a stream this release can't read is not vouched for. The store away is another matter, and the rim's to say. */
function inactiveWhenParked(error: unknown): undefined {
  if (!(error instanceof StreamParked)) throw error;
}

/** Undefined alike for what is not active and for what is not the caller's to see. */
async function visibleFacts(
  context: IntrospectionContext,
  caller: Introspector,
  token: string,
  required: readonly string[] = [],
): Promise<IntrospectionAnswer | undefined> {
  if (parseRefreshToken(token) !== undefined) {
    const refresh = await findRefreshToken(context, token);
    const visible = refresh?.current === true && (caller.admin || refresh.clientId === caller.clientId);
    return visible ? refreshTokenFacts(context.settings.issuer, refresh) : undefined;
  }
  const access = await findAccessToken(context, token);
  if (access === undefined || !(await maySee(context, caller, access.resourceId))) return undefined;
  await noteStepUp(context, access, required);
  return accessTokenFacts(context.settings.issuer, access);
}
