import type { OAuthContext } from "../context/index.ts";
import type { Endpoint } from "../http/index.ts";
import { authorize } from "./authorize.handler.ts";

/** The authorization endpoint. The pages a person passes on the way are slices of their own: login, consent, logout, pages. */
export function authorizeEndpoints(context: OAuthContext): readonly Endpoint[] {
  const path = `${context.settings.basePath}/authorize`;
  return [
    { id: "authorize", method: "GET", path, audience: "person", handle: (request) => authorize(context, request) },
    // OAuth 2.1 §3.1: POST may be supported beside GET
    { id: "authorize-post", method: "POST", path, accepts: "form", audience: "person", handle: (request) => authorize(context, request) },
  ];
}
