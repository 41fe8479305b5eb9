import type { ClientView, OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import type { Parameters } from "../http/index.ts";
import { redirectUriMatches } from "../redirect-uri/index.ts";
import { clientForPerson } from "./client-for-person.ts";

/** Who asks and where answers go. Until both hold, nothing may leave by redirect. */
export interface RedirectTarget {
  readonly client: ClientView;
  readonly redirectUri: string;
  /** Named in the request, so demanded again at the token endpoint when given there. */
  readonly given: boolean;
}

/**
 * Step one of an authorization request. Throws OAuthErrors meant for the person (a page), never for a redirect:
 * OAuth 2.1 §4.1.2.1, the client_id and the redirect URI come first.
 */
export async function identifyClient(context: Pick<OAuthContext, "directory">, parameters: Parameters): Promise<RedirectTarget> {
  const client = await clientForPerson(context, single(parameters, "client_id"));
  const presented = single(parameters, "redirect_uri");
  return { client, redirectUri: chooseRedirect(client, presented), given: presented !== undefined };
}

function single(parameters: Parameters, name: string): string | undefined {
  const values = parameters.all(name);
  // OAuth 2.1 §3.1: a repeated parameter is an error; which copy would the client read?
  if (values.length > 1) throw new OAuthError("invalid_request", "parameter-repeated", `${name} was given more than once.`);
  return values[0];
}

function chooseRedirect(client: ClientView, presented: string | undefined): string {
  const registered = client.state.metadata.redirect_uris;
  if (presented === undefined) {
    const [only] = registered;
    // OAuth 2.1 §2.3.2: with several registered the parameter is required
    if (only === undefined || registered.length > 1)
      throw new OAuthError("invalid_request", "redirect-uri-missing", "redirect_uri is missing.");
    return only;
  }
  // RFC 9700 §4.1.3: exact match, or no redirect at all
  if (!registered.some((known) => redirectUriMatches(known, presented))) {
    throw new OAuthError("invalid_request", "redirect-uri-unregistered", "The redirect_uri is not one this client registered.");
  }
  return presented;
}
