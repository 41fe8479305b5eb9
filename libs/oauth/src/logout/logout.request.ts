import { clientForPerson } from "../authorization-request/index.ts";
import type { OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import { formParameters, queryParameters, type HttpRequest, type Parameters } from "../http/index.ts";
import { withParameters } from "../redirect-uri/index.ts";
import { readIdToken, type IdTokenFacts } from "../tokens/index.ts";

/** Whom the client believes to be logged in. From an ID token of ours, however old. */
export type LogoutHint = IdTokenFacts;

export interface ReturnAddress {
  /** State included. */
  readonly uri: string;
  /** May the browser be sent there at once, or does the person get a link? */
  readonly trusted: boolean;
}

export interface LogoutRequest {
  readonly parameters: Parameters;
  readonly hint?: LogoutHint;
  /** Where to go afterwards; a registered address of the client that asks. */
  readonly returnTo?: ReturnAddress;
}

type Parts = Pick<OAuthContext, "signer" | "settings" | "directory">;

/** Throws page errors: id-token-hint-invalid, post-logout-redirect-unregistered, and what the directory throws. */
export async function parseLogout(context: Parts, request: HttpRequest): Promise<LogoutRequest> {
  const parameters = request.method === "POST" ? formParameters(request.body) : queryParameters(request.query);
  const hint = parseHint(context, parameters);
  const returnTo = await returnAddress(context, parameters, hint);
  return { parameters, ...(hint === undefined ? {} : { hint }), ...(returnTo === undefined ? {} : { returnTo }) };
}

function parseHint(context: Parts, parameters: Parameters): LogoutHint | undefined {
  const jwt = parameters.get("id_token_hint");
  if (jwt === undefined) return undefined;
  const facts = readIdToken(context, jwt);
  // RP-Initiated Logout §2: issued by us; an expired one will do
  if (facts === undefined) throw new OAuthError("invalid_request", "id-token-hint-invalid", "The id_token_hint was not issued here.");
  const named = parameters.get("client_id");
  // RP-Initiated Logout §2: client_id, where given too, must be the one the ID token was issued to
  if (named !== undefined && named !== facts.clientId)
    throw new OAuthError("invalid_request", "id-token-hint-invalid", "The id_token_hint was issued to another client.");
  return facts;
}

async function returnAddress(context: Parts, parameters: Parameters, hint: LogoutHint | undefined): Promise<ReturnAddress | undefined> {
  const uri = parameters.get("post_logout_redirect_uri");
  if (uri === undefined) return undefined;
  const clientId = hint?.clientId ?? parameters.get("client_id");
  const client = clientId === undefined ? undefined : await clientForPerson(context, clientId);
  // RP-Initiated Logout §3: exactly one of those registered, else no redirect at all
  if (client?.state.metadata.post_logout_redirect_uris?.includes(uri) !== true) {
    throw new OAuthError(
      "invalid_request",
      "post-logout-redirect-unregistered",
      "The post_logout_redirect_uri is not one this client registered.",
    );
  }
  // RFC 9700 §4.11.2: anybody can register an address; without an ID token of ours only an operator's clients are followed at once
  return {
    uri: withParameters(uri, { state: parameters.get("state") }),
    trusted: hint !== undefined || client.state.verification === "operator",
  };
}
