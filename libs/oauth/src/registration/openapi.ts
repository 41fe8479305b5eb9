import { z } from "zod";
import { clientMetadataSchema } from "../client-metadata/index.ts";

// the OpenAPI document says the dialect once, for all
const { $schema: _dialect, ...metadata } = z.toJSONSchema(clientMetadataSchema, { io: "input", target: "draft-2020-12" });
const information = {
  type: "object",
  required: ["client_id", "client_id_issued_at", "registration_access_token", "registration_client_uri"],
  properties: {
    ...metadata.properties,
    client_id: { type: "string" },
    client_id_issued_at: { type: "integer", description: "Epoch seconds." },
    client_secret: { type: "string" },
    client_secret_expires_at: { type: "integer", description: "0: does not expire." },
    registration_access_token: { type: "string" },
    registration_client_uri: { type: "string" },
  },
};
const error = {
  description: "OAuth error.",
  content: {
    "application/json": {
      schema: { type: "object", required: ["error"], properties: { error: { type: "string" }, error_description: { type: "string" } } },
    },
  },
};
const answer = (description: string) => ({ description, content: { "application/json": { schema: information } } });
const body = { required: true, content: { "application/json": { schema: metadata } } };
const parameters = [{ name: "client_id", in: "path", required: true, schema: { type: "string" } }];
const security = [{ registrationAccessToken: [] }];

/** OpenAPI 3.1 operations of RFC 7591 and RFC 7592. */
export const registrationOperations = {
  register: {
    operationId: "registerClient",
    tags: ["registration"],
    summary: "Register a client (RFC 7591)",
    requestBody: body,
    responses: { "201": answer("Registered."), "400": error, "401": error, "429": error },
  },
  read: {
    operationId: "readOwnClient",
    tags: ["registration"],
    summary: "Read one's own registration (RFC 7592)",
    parameters,
    security,
    responses: { "200": answer("As registered."), "401": error, "403": error },
  },
  update: {
    operationId: "updateOwnClient",
    tags: ["registration"],
    summary: "Replace one's own registration (RFC 7592)",
    parameters,
    security,
    requestBody: body,
    responses: { "200": answer("As registered now, with a new registration access token."), "400": error, "401": error, "403": error },
  },
  remove: {
    operationId: "deleteOwnClient",
    tags: ["registration"],
    summary: "Delete one's own registration (RFC 7592)",
    parameters,
    security,
    responses: { "204": { description: "Gone, with everything granted to it." }, "401": error, "403": error },
  },
} as const;
