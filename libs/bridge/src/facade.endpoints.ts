import type { Endpoint } from "@grantline/oauth/http";
import { formOperation, queryOperation } from "@grantline/oauth/http";
import { type BridgeContext, facadePath } from "./context.ts";
import { authorizeAtTarget } from "./facade/authorize.handler.ts";
import { facadeMetadataEndpoints } from "./facade/metadata.ts";
import { tokenFromTarget } from "./facade/token.handler.ts";
import { bridgeOperations } from "./registration/openapi.ts";
import { readRegistered, removeRegistered, updateRegistered } from "./registration/manage.handler.ts";
import { registerAtTarget } from "./registration/register.handler.ts";

const BODY_LIMIT = 32 * 1_024;

/** Everything below the facade's issuer: metadata, registration and its management, authorize and token. */
export function facadeEndpoints(context: BridgeContext): readonly Endpoint[] {
  return [...facadeMetadataEndpoints(context), ...registrationEndpointsAt(context), ...oauthEndpointsAt(context)];
}

function registrationEndpointsAt(context: BridgeContext): readonly Endpoint[] {
  const collection = `${facadePath(context.settings)}/register`;
  const one = `${collection}/:client_id`;
  const common = { audience: "program", cors: true } as const;
  const body = { accepts: "json", bodyLimit: BODY_LIMIT } as const;
  return [
    {
      ...common,
      ...body,
      id: "bridge-register",
      method: "POST",
      path: collection,
      openapi: bridgeOperations.register,
      handle: (request) => registerAtTarget(context, request),
    },
    {
      ...common,
      id: "bridge-registration-read",
      method: "GET",
      path: one,
      openapi: bridgeOperations.read,
      handle: (request) => readRegistered(context, request),
    },
    {
      ...common,
      ...body,
      id: "bridge-registration-update",
      method: "PUT",
      path: one,
      openapi: bridgeOperations.update,
      handle: (request) => updateRegistered(context, request),
    },
    {
      ...common,
      id: "bridge-registration-delete",
      method: "DELETE",
      path: one,
      openapi: bridgeOperations.remove,
      handle: (request) => removeRegistered(context, request),
    },
  ];
}

function oauthEndpointsAt(context: BridgeContext): readonly Endpoint[] {
  const path = facadePath(context.settings);
  return [
    {
      id: "bridge-authorize",
      method: "GET",
      path: `${path}/authorize`,
      audience: "person",
      openapi: {
        tags: ["bridge"],
        ...queryOperation({
          summary: "Authorization request, sent on to the directory behind the bridge",
          parameters: [
            "client_id",
            "redirect_uri",
            "response_type",
            "code_challenge",
            "code_challenge_method",
            "scope",
            "state",
            "resource",
          ],
          required: ["client_id", "response_type", "code_challenge", "code_challenge_method"],
          answers: { "302": "To the directory behind the bridge, or back to the client with an error." },
        }),
      },
      handle: (request) => authorizeAtTarget(context, request),
    },
    {
      id: "bridge-token",
      method: "POST",
      path: `${path}/token`,
      accepts: "form",
      audience: "program",
      cors: true,
      openapi: {
        tags: ["bridge"],
        ...formOperation({
          summary: "Redeem a code or refresh, at the directory behind the bridge",
          parameters: ["grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope", "client_id", "client_secret"],
          required: ["grant_type"],
          answers: { "200": "Tokens of the directory behind the bridge." },
        }),
      },
      handle: (request) => tokenFromTarget(context, request),
    },
  ];
}
