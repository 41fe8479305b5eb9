import type { OAuthContext } from "../context/index.ts";
import type { Endpoint } from "../http/index.ts";
import { showLogin, submitLogin } from "./login.handler.ts";

/** The login page. */
export function loginEndpoints(context: OAuthContext): readonly Endpoint[] {
  const path = `${context.settings.basePath}/login`;
  return [
    { id: "login", method: "GET", path, audience: "person", handle: (request) => showLogin(context, request) },
    {
      id: "login-submit",
      method: "POST",
      path,
      accepts: "form",
      bodyLimit: 32_768,
      audience: "person",
      handle: (request) => submitLogin(context, request),
    },
  ];
}
