import type { OAuthContext } from "../context/index.ts";
import { formOperation, queryOperation, type Endpoint } from "../http/index.ts";
import { logout } from "./logout.handler.ts";

/** OpenID Connect RP-Initiated Logout. */
export function logoutEndpoints(context: OAuthContext): readonly Endpoint[] {
  const path = `${context.settings.basePath}/logout`;
  const names = ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"];
  const answers = { "200": "A page: asks whether to log out, or says it is done.", "303": "On to the client." };
  return [
    {
      id: "logout",
      method: "GET",
      path,
      audience: "person",
      openapi: queryOperation({ summary: "Log out (RP-Initiated Logout)", parameters: names, answers }),
      handle: (request) => logout(context, request),
    },
    {
      id: "logout-post",
      method: "POST",
      path,
      accepts: "form",
      audience: "person",
      openapi: formOperation({ summary: "The same by POST", parameters: [...names, "csrf", "confirm"], answers }),
      handle: (request) => logout(context, request),
    },
  ];
}
