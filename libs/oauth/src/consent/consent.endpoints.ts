import type { OAuthContext } from "../context/index.ts";
import type { Endpoint } from "../http/index.ts";
import { answerConsent, showConsent } from "./consent.handler.ts";
import { showGrants, withdrawConsent } from "./grants.handler.ts";

/** The consent page, and the page where a person sees and withdraws what they allowed. */
export function consentEndpoints(context: OAuthContext): readonly Endpoint[] {
  const { basePath } = context.settings;
  return [
    { id: "consent", method: "GET", path: `${basePath}/consent`, audience: "person", handle: (request) => showConsent(context, request) },
    {
      id: "consent-answer",
      method: "POST",
      path: `${basePath}/consent`,
      accepts: "form",
      audience: "person",
      handle: (request) => answerConsent(context, request),
    },
    { id: "grants", method: "GET", path: `${basePath}/grants`, audience: "person", handle: (request) => showGrants(context, request) },
    {
      id: "grants-withdraw",
      method: "POST",
      path: `${basePath}/grants`,
      accepts: "form",
      audience: "person",
      handle: (request) => withdrawConsent(context, request),
    },
  ];
}
