import {
  answerMode,
  authorizationParameters,
  echoedState,
  identifyClient,
  parametersOf,
  parseAuthorizationRequest,
  type AuthorizationRequest,
  type RedirectTarget,
} from "../authorization-request/index.ts";
import type { OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import type { HttpRequest, Parameters } from "../http/index.ts";
import { openPushedRequest, REQUEST_URI_PREFIX } from "../pushed-request/index.ts";

/** A request whose client and redirect URI hold: from here on errors go to the client. */
export interface Addressed {
  readonly target: RedirectTarget;
  readonly parameters: Parameters;
  readonly state: string | undefined;
  readonly responseMode: "form_post" | undefined;
  /** prompt=none: no page of ours may be shown, not even for an error. */
  readonly silent: boolean;
  /** Id of the pushed request it came by. */
  readonly pushedId?: string;
}

type Parts = Pick<OAuthContext, "directory" | "seals" | "clock" | "grants" | "settings">;

/** Finds out who asks and where answers go, by PAR or by plain parameters. Throws page errors only. */
export async function addressRequest(context: Parts, request: HttpRequest): Promise<Addressed> {
  const sent = authorizationParameters(request);
  const pushed = await pushedParameters(context, sent);
  const parameters = pushed?.parameters ?? sent;
  const target = await identifyClient(context, parameters);
  return {
    target,
    parameters,
    responseMode: answerMode(parameters, target.redirectUri),
    state: echoedState(parameters),
    silent: (parameters.get("prompt") ?? "").split(" ").includes("none"),
    ...(pushed === undefined ? {} : { pushedId: pushed.id }),
  };
}

async function pushedParameters(
  context: Parts,
  sent: Parameters,
): Promise<{ readonly id: string; readonly parameters: Parameters } | undefined> {
  const [requestUri, second] = sent.all("request_uri");
  if (requestUri === undefined || !requestUri.startsWith(REQUEST_URI_PREFIX)) return undefined;
  const [clientId, otherClient] = sent.all("client_id");
  // OAuth 2.1 §3.1: a repeated parameter is an error
  if (second !== undefined || otherClient !== undefined)
    throw new OAuthError("invalid_request", "parameter-repeated", "A parameter was given more than once.");
  const pushed = await openPushedRequest(context, requestUri, clientId);
  // RFC 9126 §4: what stands beside client_id and request_uri does not count
  return { id: pushed.id, parameters: parametersOf(pushed.parameters) };
}

/** The whole request. Throws errors for the client. */
export async function validRequest(
  context: Pick<OAuthContext, "resources" | "settings" | "signer">,
  addressed: Addressed,
): Promise<AuthorizationRequest> {
  const { client } = addressed.target;
  // RFC 9126 §6: a client registered so may start by PAR alone
  if (client.state.metadata.require_pushed_authorization_requests === true && addressed.pushedId === undefined) {
    throw new OAuthError("invalid_request", "par-required", "This client must push its authorization requests (PAR).");
  }
  return parseAuthorizationRequest(context, addressed.target, addressed.parameters);
}
