import type { OAuthContext } from "../context/index.ts";
import type { Endpoint } from "../http/index.ts";
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
      handle: (request) => pushAuthorizationRequest(context, request),
    },
  ];
}
