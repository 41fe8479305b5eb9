import type { OAuthContext } from "../context/index.ts";
import { CLIENT_PARAMETERS, formOperation, type Endpoint } from "../http/index.ts";
import { authorizeDevice } from "./device-authorization.handler.ts";

/** RFC 8628 §3.1: where a device without a browser asks for access. */
export function deviceAuthorizationEndpoints(context: OAuthContext): readonly Endpoint[] {
  return [
    {
      id: "device-authorization",
      method: "POST",
      path: `${context.settings.basePath}/device_authorization`,
      accepts: "form",
      audience: "program",
      cors: true,
      openapi: formOperation({
        summary: "Ask for access from a device without a browser (RFC 8628)",
        parameters: ["scope", "resource", ...CLIENT_PARAMETERS],
        answers: { "200": "The device code, the code for the person, and where they type it." },
      }),
      handle: (request) => authorizeDevice(context, request),
    },
  ];
}
