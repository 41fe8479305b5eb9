import { formParameters, queryParameters, type HttpRequest, type Parameters } from "../http/index.ts";

/** Everything else a request may carry is ignored (RFC 6749 §3.1). */
export const KNOWN_PARAMETERS = [
  "client_id",
  "redirect_uri",
  "response_type",
  "response_mode",
  "scope",
  "state",
  "nonce",
  "code_challenge",
  "code_challenge_method",
  "resource",
  "prompt",
  "max_age",
  "login_hint",
  "id_token_hint",
  "request",
  "request_uri",
] as const;

/** Name and value pairs, known names only: what a pushed request keeps. */
export type WireParameters = readonly (readonly [string, string])[];

/** The parameters of /authorize: query and form body as one, so that a name in both counts as repeated. */
export function authorizationParameters(request: HttpRequest): Parameters {
  const text = [request.query, request.body ?? ""].filter((part) => part !== "").join("&");
  return queryParameters(text, { lenient: true });
}

export function wireParameters(parameters: Parameters): WireParameters {
  return KNOWN_PARAMETERS.flatMap((name) => parameters.all(name).map((value) => [name, value] as const));
}

/** Back to parameters, through the one parser. */
export function parametersOf(pairs: WireParameters): Parameters {
  return formParameters(wireQuery(pairs));
}

/** As a query string. */
export function wireQuery(pairs: WireParameters): string {
  const query = new URLSearchParams();
  for (const [name, value] of pairs) query.append(name, value);
  return query.toString();
}
