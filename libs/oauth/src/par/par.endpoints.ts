import { KNOWN_PARAMETERS } from "../authorization-request/index.ts";
import type { OAuthContext } from "../context/index.ts";
import { CLIENT_PARAMETERS, formOperation, type Endpoint } from "../http/index.ts";
import { pushAuthorizationRequest } from "./par.handler.ts";

/** RFC 9126: pushed authorization requests. */
export function parEndpoints(context: OAuthContext): readonly Endpoint[] {
  return [
    {
      id: "par",
      method: "POST",
      path: `${context.settings.basePath}/par`,
      accepts: "form",
      audience: "program",
      cors: true,
      openapi: formOperation({
        summary: "Push an authorization request (RFC 9126)",
        parameters: [...new Set([...KNOWN_PARAMETERS, ...CLIENT_PARAMETERS])],
        answers: { "201": "The request_uri, and how many seconds it lives." },
      }),
      handle: (request) => pushAuthorizationRequest(context, request),
    },
  ];
}
