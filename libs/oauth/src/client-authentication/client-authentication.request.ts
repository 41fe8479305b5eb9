import { OAuthError } from "../errors/index.ts";
import { type HttpRequest, type Parameters, queryParameters } from "../http/index.ts";
import { type BasicReading, readBasic } from "./basic.ts";

/** How a request says who calls. Nothing is proven yet. */
export type PresentedClient =
  | { readonly method: "none"; readonly clientId: string }
  | { readonly method: "basic"; readonly readings: readonly BasicReading[] }
  | { readonly method: "post"; readonly clientId: string; readonly secret: string }
  | { readonly method: "assertion"; readonly assertion: string; readonly clientId?: string };

/** RFC 6749 §5.2: a client that used the Authorization header gets the matching challenge. */
export const BASIC_CHALLENGE = { "www-authenticate": 'Basic realm="grantline", charset="UTF-8"' };

const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const LONGEST_ID = 2048;

/** Finds the one authentication method a request uses. Throws `invalid_request` for two at once or a secret in the URL, `invalid_client` for none. */
export function parsePresentedClient(request: Pick<HttpRequest, "headers" | "query">, params: Parameters): PresentedClient {
  refuseSecretInQuery(request.query);
  const header = request.headers["authorization"];
  const secret = params.get("client_secret");
  const assertion = params.get("client_assertion");
  const methods = Number(header !== undefined) + Number(secret !== undefined) + Number(assertion !== undefined);
  // RFC 6749 §2.3: not more than one authentication method in a request
  if (methods > 1)
    throw new OAuthError("invalid_request", "client-authentication-repeated", "Use one client authentication method at a time.");
  const clientId = params.get("client_id");
  if (clientId !== undefined && clientId.length > LONGEST_ID) throw unknown();
  if (header !== undefined) return fromHeader(header, clientId);
  if (assertion !== undefined) return fromAssertion(assertion, params.get("client_assertion_type"), clientId);
  if (clientId === undefined)
    throw new OAuthError("invalid_client", "client-authentication-missing", "The request does not say which client it comes from.");
  return secret === undefined ? { method: "none", clientId } : { method: "post", clientId, secret };
}

function fromHeader(header: string | string[], clientId: string | undefined): PresentedClient {
  const readings = typeof header === "string" ? readBasic(header) : undefined;
  if (readings === undefined) {
    throw new OAuthError(
      "invalid_client",
      "client-authentication-missing",
      "The Authorization header is not well-formed Basic authentication.",
      { headers: BASIC_CHALLENGE },
    );
  }
  // A body that names another client than the header is a confused caller, or a confusing one (CVE 5).
  if (clientId !== undefined && !readings.some((reading) => reading.clientId === clientId)) {
    throw new OAuthError(
      "invalid_request",
      "client-authentication-repeated",
      "client_id differs from the client in the Authorization header.",
    );
  }
  return { method: "basic", readings };
}

function fromAssertion(assertion: string, type: string | undefined, clientId: string | undefined): PresentedClient {
  // RFC 7523 §2.2: the type of the assertion is given and is a JWT
  if (type !== ASSERTION_TYPE)
    throw new OAuthError("invalid_client", "assertion-malformed", "client_assertion_type must be the JWT bearer type.");
  return { method: "assertion", assertion, ...(clientId === undefined ? {} : { clientId }) };
}

function refuseSecretInQuery(query: string): void {
  if (query === "") return;
  const { names } = queryParameters(query, { lenient: true });
  // OAuth 2.1 §2.4.1: credentials must not be in the request URI
  if (names.includes("client_secret") || names.includes("client_assertion")) {
    throw new OAuthError(
      "invalid_request",
      "client-secret-in-query",
      "Client credentials must not be in the URL. Consider this secret leaked and rotate it.",
    );
  }
}

function unknown(): OAuthError {
  return new OAuthError("invalid_client", "client-unknown", "The client is not known here.");
}
