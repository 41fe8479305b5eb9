import type { RegisteredResource } from "@grantline/domain/resource";
import type { ClientView, OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import { repeatedParameters, type Parameters } from "../http/index.ts";
import { requireChallenge } from "../pkce/index.ts";
import { requestedPrompt } from "./prompt.ts";
import { answerMode, requireKnownMode } from "./response-mode.ts";
import { readIdToken } from "../tokens/index.ts";
import type { RedirectTarget } from "./redirect-target.ts";
import { requestedResources } from "./resources.ts";
import { requestedScope } from "./scope.ts";
import { LONGEST_STATE } from "./state.ts";
import type { AuthorizationRequest } from "./types.ts";

type Parts = Pick<OAuthContext, "resources" | "settings" | "signer">;

/**
 * Step two: everything else about the request. The one validation for /authorize, /par and whatever they lead to.
 * Throws OAuthErrors meant for the client: at /authorize they leave by redirect, at /par as JSON. No outbound call is made.
 */
export async function parseAuthorizationRequest(
  context: Parts,
  target: RedirectTarget,
  parameters: Parameters,
): Promise<AuthorizationRequest> {
  refuseRepeated(parameters);
  refuseUnsupported(parameters);
  requireKnownMode(parameters, target.redirectUri);
  requireCodeFlow(target.client, parameters);
  const codeChallenge = requireChallenge(parameters.get("code_challenge"), parameters.get("code_challenge_method"));
  const prompt = requestedPrompt(parameters.get("prompt"));
  const resources = await requestedResources(context, target.client, parameters);
  const scope = requestedScope(parameters.get("scope"), resources);
  return {
    clientId: target.client.clientId,
    redirectUri: target.redirectUri,
    redirectUriGiven: target.given,
    codeChallenge,
    prompt,
    resources: resources.map(({ resourceId, uri }: RegisteredResource) => ({ id: resourceId, uri })),
    ...(scope === undefined ? {} : { scope }),
    ...optional("responseMode", answerMode(parameters, target.redirectUri)),
    ...optional("state", capped(parameters, "state", LONGEST_STATE)),
    ...optional("nonce", capped(parameters, "nonce", 1024)),
    ...optional("maxAge", maxAge(parameters.get("max_age"))),
    ...optional("loginHint", parameters.get("login_hint")?.slice(0, 256)),
    ...optional("hintedSubject", hintedSubject(context, target.client, parameters.get("id_token_hint"))),
  };
}

function refuseRepeated(parameters: Parameters): void {
  const repeated = repeatedParameters(parameters)[0];
  // OAuth 2.1 §3.1: request parameters must not be included more than once
  if (repeated !== undefined) throw new OAuthError("invalid_request", "parameter-repeated", "A parameter was given more than once.");
}

function refuseUnsupported(parameters: Parameters): void {
  // OpenID Connect Core §6: request objects are not offered, and never fetched
  if (parameters.get("request") !== undefined)
    throw new OAuthError("request_not_supported", "request-object-unsupported", "Request objects are not supported.");
  if (parameters.get("request_uri") !== undefined) {
    throw new OAuthError(
      "request_uri_not_supported",
      "request-uri-unsupported",
      "Only a request_uri from our own pushed authorization request endpoint is supported.",
    );
  }
}

function requireCodeFlow(client: ClientView, parameters: Parameters): void {
  const type = parameters.get("response_type");
  if (type === undefined) throw new OAuthError("invalid_request", "parameter-missing", "response_type is missing.");
  // OAuth 2.1 §10.1: the implicit flow does not exist
  if (type !== "code") throw new OAuthError("unsupported_response_type", "response-type-unsupported", "response_type must be code.");
  const { metadata } = client.state;
  if (!metadata.grant_types.includes("authorization_code") || !metadata.response_types.includes("code")) {
    throw new OAuthError("unauthorized_client", "grant-type-not-allowed", "The client is not registered for the authorization code flow.");
  }
}

function capped(parameters: Parameters, name: string, longest: number): string | undefined {
  const value = parameters.get(name);
  if (value !== undefined && value.length > longest)
    throw new OAuthError("invalid_request", "parameter-malformed", `${name} is longer than ${longest} characters.`);
  return value;
}

function maxAge(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  // OpenID Connect Core §3.1.2.1: seconds, a non-negative integer
  if (!/^\d{1,10}$/.test(text)) throw new OAuthError("invalid_request", "parameter-malformed", "max_age must be a number of seconds.");
  return Number(text);
}

function hintedSubject(context: Parts, client: ClientView, jwt: string | undefined): string | undefined {
  if (jwt === undefined) return undefined;
  const facts = readIdToken(context, jwt);
  // OpenID Connect Core §3.1.2.1: an ID token issued before, about a session with this client
  if (facts?.clientId !== client.clientId)
    throw new OAuthError(
      "invalid_request",
      "id-token-hint-invalid",
      "The id_token_hint is not an ID token that was issued to this client here.",
    );
  return facts.subject;
}

function optional<K extends string, V>(name: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [P in K]?: V };
}
