import { GATEWAY_API_SCOPE, gatewayApi } from "@grantline/admin";
import type { Endpoint, HttpRequest, HttpResponse } from "@grantline/oauth/http";
import { z } from "zod";
import {
  beginConnection,
  endConnection,
  listConnections,
  listForPerson,
  readAuthorization,
  refreshConnection,
  testConnection,
  type ApiParts,
} from "./connections.handler.ts";
import { beginSchema } from "./connections.request.ts";

const connection = z.object({
  server: z.string(),
  status: z.enum(["connected", "reconnect"]),
  provider: z.string(),
  scopes: z.array(z.string()),
  refreshable: z.boolean(),
  authorized_at: z.int(),
  last_refreshed_at: z.int().optional(),
  expires_at: z.int().optional(),
  last_error: z.string().optional(),
});
const server = z.object({
  name: z.string(),
  url: z.string(),
  provider: z.string(),
  authorization: z.enum(["oauth", "none", "static"]),
  scopes: z.array(z.string()),
  connected: z.boolean(),
});

/** What people (and programs of theirs: the command line) do with their own connections: `{gateway}/gateway/v1`, scope `connections`. */
export function gatewayApiEndpoints(parts: ApiParts): readonly Endpoint[] {
  const base = "/gateway/v1";
  const one = `${base}/connections/:server`;
  const route = (
    id: string,
    method: Endpoint["method"],
    path: string,
    described: { readonly summary: string; readonly status: number; readonly answer?: z.ZodType; readonly body?: z.ZodType },
    handle: (parts: ApiParts, request: HttpRequest) => Promise<HttpResponse>,
  ): Endpoint => ({
    id: `gateway-${id}`,
    method,
    path,
    audience: "program",
    ...(described.body === undefined ? {} : { accepts: "json" }),
    openapi: operation(path, described),
    handle: (request) => handle(parts, request),
  });
  return [
    route(
      "servers",
      "GET",
      `${base}/servers`,
      { summary: "Servers behind the gateway", status: 200, answer: items(server) },
      listForPerson,
    ),
    route(
      "connections",
      "GET",
      `${base}/connections`,
      { summary: "The caller's connections", status: 200, answer: items(connection) },
      listConnections,
    ),
    route("connect", "POST", one, { summary: "Begin to connect", status: 201, answer: begun, body: beginSchema }, beginConnection),
    route(
      "authorization",
      "GET",
      `${base}/authorizations/:id`,
      { summary: "How an authorization stands", status: 200, answer: z.object({ status: z.enum(["pending", "done", "failed"]) }) },
      readAuthorization,
    ),
    route("refresh", "POST", `${one}/refresh`, { summary: "New tokens now", status: 200, answer: connection }, refreshConnection),
    route("test", "POST", `${one}/test`, { summary: "Does the server take the token?", status: 200, answer: tried }, testConnection),
    route("disconnect", "DELETE", one, { summary: "End a connection", status: 204 }, endConnection),
    resourceMetadata(parts),
  ];
}

const begun = z.object({ url: z.string(), id: z.string(), expires_at: z.int() });
const tried = z.object({ status: z.enum(["ok", "refused", "unreachable", "not-tried"]), http_status: z.int().optional() });

function items(item: z.ZodType): z.ZodType {
  return z.object({ items: z.array(item) });
}

/** RFC 9728: where the challenge of this API points. */
function resourceMetadata({ context }: ApiParts): Endpoint {
  const resource = gatewayApi(context.gateway.origin);
  return {
    id: "gateway-api-resource-metadata",
    method: "GET",
    path: "/.well-known/oauth-protected-resource/gateway/v1",
    cors: true,
    audience: "program",
    openapi: { summary: "Protected resource metadata of the gateway's API", responses: { "200": { description: "The document." } } },
    handle: () => ({
      status: 200,
      headers: { "content-type": "application/json", "cache-control": "public, max-age=300" },
      body: JSON.stringify({
        resource,
        authorization_servers: [context.settings.issuer],
        scopes_supported: [GATEWAY_API_SCOPE],
        bearer_methods_supported: ["header"],
      }),
    }),
  };
}

interface Described {
  readonly summary: string;
  readonly status: number;
  readonly answer?: z.ZodType;
  readonly body?: z.ZodType;
}

function operation(path: string, { summary, status, answer, body }: Described): Readonly<Record<string, unknown>> {
  const json = (schema: z.ZodType) => {
    const { $schema: _dialect, ...described } = z.toJSONSchema(schema, { target: "draft-2020-12" });
    return { content: { "application/json": { schema: described } } };
  };
  const parameters = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: "path", required: true, schema: { type: "string" } }));
  return {
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: json(body) }),
    security: [{ bearer: [] }],
    responses: {
      [status]: { description: "Done.", ...(answer === undefined ? {} : json(answer)) },
      "4XX": { description: "Refused." },
      "503": { description: "Not right now; Retry-After says when to try again." },
    },
  };
}
