import type { OAuthContext } from "../context/index.ts";
import { formOperation, queryOperation, type Endpoint } from "../http/index.ts";
import { answerConsent, showConsent } from "./consent.handler.ts";
import { showGrants, withdrawConsent } from "./grants.handler.ts";

/** The consent page, and the page where a person sees and withdraws what they allowed. */
export function consentEndpoints(context: OAuthContext): readonly Endpoint[] {
  const { basePath } = context.settings;
  return [
    {
      id: "consent",
      method: "GET",
      path: `${basePath}/consent`,
      audience: "person",
      openapi: queryOperation({
        summary: "The consent page",
        parameters: ["interaction"],
        answers: { "200": "The page.", "302": "Nothing to ask: back to the client.", "303": "Log in first." },
      }),
      handle: (request) => showConsent(context, request),
    },
    {
      id: "consent-answer",
      method: "POST",
      path: `${basePath}/consent`,
      accepts: "form",
      audience: "person",
      openapi: formOperation({
        summary: "Allow or deny",
        parameters: ["interaction", "csrf", "decision", "scope", "remember"],
        answers: { "302": "Back to the client.", "303": "Likewise, or to the login." },
      }),
      handle: (request) => answerConsent(context, request),
    },
    {
      id: "grants",
      method: "GET",
      path: `${basePath}/grants`,
      audience: "person",
      openapi: queryOperation({
        summary: "What a person has allowed",
        parameters: [],
        answers: { "200": "The page.", "303": "Log in first." },
      }),
      handle: (request) => showGrants(context, request),
    },
    {
      id: "grants-withdraw",
      method: "POST",
      path: `${basePath}/grants`,
      accepts: "form",
      audience: "person",
      openapi: formOperation({
        summary: "Withdraw a consent",
        parameters: ["csrf", "client_id"],
        answers: { "303": "Back to the page, or to the login." },
      }),
      handle: (request) => withdrawConsent(context, request),
    },
  ];
}
