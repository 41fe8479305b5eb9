import { commandMeta } from "@grantline/oauth/context";
import { OAuthError } from "@grantline/oauth/errors";
import { type HttpRequest, type HttpResponse, type Parameters, queryParameters, redirect, repeatedParameters } from "@grantline/oauth/http";
import { requireChallenge } from "@grantline/oauth/pkce";
import { redirectUriMatches, withParameters } from "@grantline/oauth/redirect-uri";
import type { BridgeContext } from "../context.ts";
import { type ActiveBridge, findOrRegister } from "./find-client.ts";

/** What goes on as it came. Everything else stays here: `resource`, which Entra refuses, and whatever else might mean something there. */
const PASSED_ON = ["state", "nonce", "login_hint", "domain_hint", "prompt", "max_age", "ui_locales"] as const;
const LONGEST = 4_096;

/**
 * GET {issuer}/authorize. Sends the browser on to the target, as the client's own application there. That each client has one is what keeps the facade from
 * being a confused deputy (MCP security best practices): consent given to one client is never another's, the target asks for each, and codes go straight
 * to redirect URIs the target knows for this client alone.
 */
export async function authorizeAtTarget(context: BridgeContext, request: HttpRequest): Promise<HttpResponse> {
  const parameters = queryParameters(request.query, { lenient: true });
  const clientId = single(parameters, "client_id");
  if (clientId === undefined) throw new OAuthError("invalid_request", "parameter-missing", "client_id is missing.");
  const meta = commandMeta(context, request, { kind: "client", id: clientId.slice(0, 256) });
  const client = await findOrRegister(context, clientId, meta, request.ip);
  const redirectUri = chooseRedirect(client, single(parameters, "redirect_uri"));
  try {
    const { authorization } = await context.upstream.endpoints();
    return redirect(withParameters(authorization, targetParameters(context, client, redirectUri, parameters)));
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    const back = { error: error.code, error_description: error.description, state: parameters.get("state") };
    return { ...redirect(withParameters(redirectUri, back)), refused: error };
  }
}

function targetParameters(
  { upstream }: BridgeContext,
  client: ActiveBridge,
  redirectUri: string,
  parameters: Parameters,
): Record<string, string | undefined> {
  // OAuth 2.1 §3.1: request parameters must not be included more than once
  if (repeatedParameters(parameters).length > 0)
    throw new OAuthError("invalid_request", "parameter-repeated", "A parameter was given more than once.");
  if (parameters.get("request") !== undefined || parameters.get("request_uri") !== undefined)
    throw new OAuthError("request_not_supported", "request-object-unsupported", "Request objects are not supported.");
  if (parameters.get("response_type") !== "code")
    throw new OAuthError("unsupported_response_type", "response-type-unsupported", "response_type must be code.");
  if (!["query", undefined].includes(parameters.get("response_mode")))
    throw new OAuthError("invalid_request", "parameter-malformed", "response_mode must be query.");
  // RFC 9700 §2.1.1: PKCE protects the code all the way, so it is demanded here although the target would go without
  const challenge = requireChallenge(parameters.get("code_challenge"), parameters.get("code_challenge_method"));
  const passed = Object.fromEntries(PASSED_ON.map((name) => [name, capped(parameters, name)]));
  return {
    client_id: client.application?.clientId,
    response_type: "code",
    response_mode: "query",
    redirect_uri: redirectUri,
    scope: upstream.toUpstream(client, parameters.get("scope")),
    code_challenge: challenge,
    code_challenge_method: "S256",
    ...passed,
  };
}

function capped(parameters: Parameters, name: string): string | undefined {
  const value = parameters.get(name);
  if (value !== undefined && value.length > LONGEST)
    throw new OAuthError("invalid_request", "parameter-malformed", `${name} is longer than ${LONGEST} characters.`);
  return value;
}

function single(parameters: Parameters, name: string): string | undefined {
  const values = parameters.all(name);
  if (values.length > 1) throw new OAuthError("invalid_request", "parameter-repeated", `${name} was given more than once.`);
  return values[0];
}

/** RFC 9700 §4.1.3: exact match, or no redirect at all, neither here nor at the target. */
export function chooseRedirect(
  { metadata: { redirect_uris: registered } }: Pick<ActiveBridge, "metadata">,
  presented: string | undefined,
): string {
  if (presented === undefined) {
    const [only] = registered;
    if (only === undefined || registered.length > 1)
      throw new OAuthError("invalid_request", "redirect-uri-missing", "redirect_uri is missing.");
    return only;
  }
  if (!registered.some((known) => redirectUriMatches(known, presented)))
    throw new OAuthError("invalid_request", "redirect-uri-unregistered", "The redirect_uri is not one this client registered.");
  return presented;
}
