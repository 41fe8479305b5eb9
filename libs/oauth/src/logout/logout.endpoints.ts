import type { OAuthContext } from "../context/index.ts";
import type { Endpoint } from "../http/index.ts";
import { logout } from "./logout.handler.ts";

/** OpenID Connect RP-Initiated Logout. */
export function logoutEndpoints(context: OAuthContext): readonly Endpoint[] {
  const path = `${context.settings.basePath}/logout`;
  return [
    { id: "logout", method: "GET", path, audience: "person", handle: (request) => logout(context, request) },
    { id: "logout-post", method: "POST", path, accepts: "form", audience: "person", handle: (request) => logout(context, request) },
  ];
}
