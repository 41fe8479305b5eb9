import { OAuthError } from "@grantline/oauth/errors";
import { type HttpRequest, queryParameters } from "@grantline/oauth/http";
import { parseOptionalScope } from "@grantline/oauth/scope";

/** What a gateway asks of one original request. */
export interface ForwardAuthRequest {
  /** Who the gateway is: the value of an Authorization header of its own. */
  readonly gateway: string;
  /** The resource the request is for: by name, or the URL asked for, to be looked up. */
  readonly target: { readonly resource: string } | { readonly url: string };
  readonly scopes: readonly string[];
}

/** The gateway's own credential, beside the Authorization header of the request it asks about. */
export const GATEWAY_HEADER = "x-grantline-gateway";

/**
 * Reads what to judge. What decides must come from the gateway and not from whoever sent the original request:
 * - asked at the endpoint's own path (nginx, Traefik, HAProxy), the query is the gateway's: it names resource and scope, or says which of its headers hold the URL;
 * - asked below it (Envoy adds the original path and query), only headers the gateway sets count.
 */
export function parseForwardAuth(request: Pick<HttpRequest, "headers" | "query">, below: boolean): ForwardAuthRequest {
  const gateway = one(request, GATEWAY_HEADER);
  if (gateway === undefined)
    throw new OAuthError("invalid_request", "client-authentication-missing", `The gateway must say who it is in ${GATEWAY_HEADER}.`);
  if (below) return { gateway, target: named(one(request, "x-grantline-resource")), scopes: scopesIn(one(request, "x-grantline-scope")) };
  const params = queryParameters(request.query);
  const scopes = scopesIn(params.get("scope"));
  switch (params.get("from")) {
    case undefined:
      return { gateway, target: named(params.get("resource")), scopes };
    case "forwarded":
      return { gateway, target: { url: forwardedUrl(request) }, scopes };
    case "original-url":
      return { gateway, target: { url: needed(one(request, "x-original-url")) }, scopes };
    default:
      throw new OAuthError("invalid_request", "parameter-malformed", "from is forwarded or original-url.");
  }
}

function named(resource: string | undefined): { readonly resource: string } {
  if (resource === undefined) throw new OAuthError("invalid_request", "resource-missing", "Say which resource the request is for.");
  return { resource };
}

function scopesIn(text: string | undefined): readonly string[] {
  return parseOptionalScope(text) ?? [];
}

function forwardedUrl(request: Pick<HttpRequest, "headers">): string {
  const [proto, host, uri] = ["x-forwarded-proto", "x-forwarded-host", "x-forwarded-uri"].map((name) => needed(one(request, name)));
  return `${proto}://${host}${uri}`;
}

function needed(value: string | undefined): string {
  if (value === undefined) throw new OAuthError("invalid_request", "parameter-missing", "The gateway did not say which URL was asked for.");
  return value;
}

/** A header that is there once. Node joins most repeated headers with a comma, which no value here has. */
function one({ headers }: Pick<HttpRequest, "headers">, name: string): string | undefined {
  const value = headers[name];
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string" || (name !== "x-original-url" && name !== "x-forwarded-uri" && value.includes(",")))
    throw new OAuthError("invalid_request", "parameter-repeated", `${name} was given more than once.`);
  return value;
}
