import { createTurns } from "@grantline/event-store";
import type { OAuthContext } from "../context/index.ts";
import { formOperation, queryOperation, type Endpoint } from "../http/index.ts";
import { showLogin, submitLogin } from "./login.handler.ts";

/** The login page. */
export function loginEndpoints(context: OAuthContext): readonly Endpoint[] {
  const path = `${context.settings.basePath}/login`;
  const inTurn = createTurns();
  return [
    {
      id: "login",
      method: "GET",
      path,
      audience: "person",
      openapi: queryOperation({ summary: "The login page", parameters: ["interaction", "return"], answers: { "200": "The page." } }),
      handle: (request) => showLogin(context, request),
    },
    {
      id: "login-submit",
      method: "POST",
      path,
      accepts: "form",
      bodyLimit: 32_768,
      audience: "person",
      openapi: formOperation({
        summary: "Log in",
        parameters: ["interaction", "return", "csrf", "username", "password"],
        answers: { "303": "On to what the login was for." },
      }),
      handle: (request) => submitLogin(context, request, inTurn),
    },
  ];
}
