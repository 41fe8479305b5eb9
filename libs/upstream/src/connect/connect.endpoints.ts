import { queryOperation, formOperation, type Endpoint } from "@grantline/oauth/http";
import { CALLBACK_PATH, CLIENT_DOCUMENT_PATH, clientDocument } from "../discovery/client-metadata.ts";
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
    {
      id: "connect-callback",
      method: "GET",
      path: CALLBACK_PATH,
      audience: "person",
      openapi: queryOperation({
        summary: "Back from the provider",
        parameters: ["code", "state", "iss", "error", "error_description"],
        required: ["state"],
        answers: { "200": "A page: connected." },
      }),
      handle: (request) => finishConnect(parts, request),
    },
    {
      id: "connect-client-document",
      method: "GET",
      path: CLIENT_DOCUMENT_PATH,
      cors: true,
      audience: "program",
      openapi: { summary: "Our own Client ID Metadata Document", responses: { "200": { description: "The document." } } },
      handle: () => ({
        status: 200,
        headers: { "content-type": "application/json", "cache-control": "public, max-age=3600" },
        body: JSON.stringify(clientDocument(context)),
      }),
    },
  ];
}

function withId(operation: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { ...operation, parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }] };
}
