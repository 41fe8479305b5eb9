import { queryOperation, formOperation, type Endpoint, type HttpRequest } from "@grantline/oauth/http";
import { OAuthError } from "@grantline/oauth/errors";
import {
  CALLBACK_PATH,
  CLIENT_DOCUMENT_PATH,
  clientDocument,
  issuerAt,
  OWN_CALLBACK_PATH,
  OWN_DOCUMENT_PATH,
} from "../discovery/client-metadata.ts";
import { finishConnect, type CallbackParts } from "./callback.handler.ts";
import { confirmConnect, showConnect } from "./connect.handler.ts";

/** Where a person connects, and comes back to; and who we are to those who ask. On the issuer's origin, where the login is. */
export function connectEndpoints(parts: CallbackParts): readonly Endpoint[] {
  const { context } = parts;
  const path = "/connect/:id";
  return [
    {
      id: "connect",
      method: "GET",
      path,
      audience: "person",
      openapi: withId(
        queryOperation({ summary: "What is about to be connected", parameters: [], answers: { "200": "A page.", "303": "Log in first." } }),
      ),
      handle: (request) => showConnect(context, request),
    },
    {
      id: "connect-confirm",
      method: "POST",
      path,
      accepts: "form",
      audience: "person",
      openapi: withId(
        formOperation({ summary: "Connect, or not", parameters: ["csrf", "decision"], answers: { "303": "On to the provider." } }),
      ),
      handle: (request) => confirmConnect(context, request),
    },
    callback(parts, "connect-callback", CALLBACK_PATH),
    callback(parts, "connect-callback-own", OWN_CALLBACK_PATH),
    document("connect-client-document", CLIENT_DOCUMENT_PATH, () => clientDocument(context)),
    document("connect-client-document-own", OWN_DOCUMENT_PATH, ({ params }) => {
      const issuer = issuerAt(params["issuer"] ?? "");
      if (issuer === undefined) throw new OAuthError("invalid_request", "not-found", "There is nothing here.", { status: 404 });
      return clientDocument(context, { issuer, sendsIssuer: false });
    }),
  ];
}

/** One for all that say who they are, and one of its own for each that does not. */
function callback(parts: CallbackParts, id: string, path: string): Endpoint {
  const openapi = queryOperation({
    summary: "Back from the provider",
    parameters: ["code", "state", "iss", "error", "error_description"],
    required: ["state"],
    answers: { "200": "A page: connected." },
  });
  return {
    id,
    method: "GET",
    path,
    audience: "person",
    openapi: inPath(path, openapi),
    handle: (request) => finishConnect(parts, request),
  };
}

function document(id: string, path: string, describe: (request: HttpRequest) => object): Endpoint {
  const responses = { "200": { description: "The document." }, ...(path.includes(":") ? { "404": { description: "Nothing here." } } : {}) };
  return {
    id,
    method: "GET",
    path,
    cors: true,
    audience: "program",
    openapi: inPath(path, { summary: "Our own Client ID Metadata Document", responses }),
    handle: (request) => ({
      status: 200,
      headers: { "content-type": "application/json", "cache-control": "public, max-age=3600" },
      body: JSON.stringify(describe(request)),
    }),
  };
}

function inPath(path: string, operation: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (!path.endsWith("/:issuer")) return operation;
  const issuer = { name: "issuer", in: "path", required: true, schema: { type: "string" } };
  return { ...operation, parameters: [issuer, ...((operation["parameters"] as readonly object[] | undefined) ?? [])] };
}

function withId(operation: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { ...operation, parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }] };
}
