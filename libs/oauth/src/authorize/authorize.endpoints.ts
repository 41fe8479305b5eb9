import { KNOWN_PARAMETERS } from "../authorization-request/index.ts";
import type { OAuthContext } from "../context/index.ts";
import { formOperation, queryOperation, type Endpoint } from "../http/index.ts";
import { authorize } from "./authorize.handler.ts";

/** The authorization endpoint. The pages a person passes on the way are slices of their own: login, consent, logout, pages. */
export function authorizeEndpoints(context: OAuthContext): readonly Endpoint[] {
  const path = `${context.settings.basePath}/authorize`;
  const described = {
    parameters: KNOWN_PARAMETERS,
    answers: { "302": "On to a page of ours, or back to the client.", "303": "Likewise." },
  };
  return [
    {
      id: "authorize",
      method: "GET",
      path,
      audience: "person",
      openapi: queryOperation({ summary: "Ask for an authorization (OAuth 2.1 §4.1.1)", ...described }),
      handle: (request) => authorize(context, request),
    },
    // OAuth 2.1 §3.1: POST may be supported beside GET
    {
      id: "authorize-post",
      method: "POST",
      path,
      accepts: "form",
      audience: "person",
      openapi: formOperation({ summary: "The same by POST", ...described }),
      handle: (request) => authorize(context, request),
    },
  ];
}
