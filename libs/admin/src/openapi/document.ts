import type { OAuthSettings } from "@grantline/oauth/context";
import type { Endpoint } from "@grantline/oauth/http";
import { SIGNAL_SCOPES } from "@grantline/oauth/resource";
import { ADMIN_SCOPES } from "../scopes.ts";

type Json = Readonly<Record<string, unknown>>;
type Settings = Pick<OAuthSettings, "origin" | "basePath">;

/** OpenAPI 3.1 of every endpoint given, made from what each says of itself; one that says nothing gets a description in general words. */
export function openApiDocument(endpoints: readonly Endpoint[], settings: Settings): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const endpoint of [...endpoints].sort(byPath)) {
    const operations = (paths[endpoint.path.replace(/:([A-Za-z_]+)/g, "{$1}")] ??= {});
    operations[endpoint.method.toLowerCase()] = { ...general(endpoint), ...endpoint.openapi };
  }
  return withSharedSchemas({
    openapi: "3.1.0",
    info: {
      title: "Grantline",
      version: "1",
      description: "OAuth 2.1 authorization server for the Model Context Protocol: protocol endpoints, registration and the admin API.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: settings.origin }],
    paths,
    components: components(settings),
  });
}

/** Moves every `$defs` to `components.schemas`, where one description serves all that refer to it. */
function withSharedSchemas(document: Json & { readonly components: Json }): Json {
  const shared: Record<string, unknown> = {};
  const moved = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(moved);
    if (typeof value !== "object" || value === null) return value;
    const { $defs, ...rest } = value as Record<string, unknown>;
    for (const [name, schema] of Object.entries(($defs ?? {}) as Json)) shared[name] ??= moved(withoutId(schema as Json));
    return Object.fromEntries(
      Object.entries(rest).map(([name, member]) => [
        name,
        name === "$ref" && typeof member === "string" ? member.replace("#/$defs/", "#/components/schemas/") : moved(member),
      ]),
    );
  };
  const { components: own, ...rest } = moved(document) as Json & { readonly components: Json };
  const sorted = Object.fromEntries(
    Object.entries({ ...(own["schemas"] as object), ...shared }).sort(([one], [other]) => one.localeCompare(other)),
  );
  return { ...rest, components: { ...own, schemas: sorted } };
}

function withoutId({ id: _id, ...schema }: Json): Json {
  return schema;
}

function byPath(one: Endpoint, other: Endpoint): number {
  return one.path === other.path ? one.method.localeCompare(other.method) : one.path < other.path ? -1 : 1;
}

function general(endpoint: Endpoint): Json {
  const parameters = [...endpoint.path.matchAll(/:([A-Za-z_]+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const type = endpoint.accepts === "json" ? "application/json" : "application/x-www-form-urlencoded";
  const error =
    endpoint.audience === "person" ? { description: "A page that says what is wrong." } : { $ref: "#/components/responses/OAuthError" };
  return {
    operationId: endpoint.id.replace(/-([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase()),
    tags: [endpoint.audience === "person" ? "pages" : "protocol"],
    summary: endpoint.id.replaceAll("-", " "),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(endpoint.accepts === undefined ? {} : { requestBody: { content: { [type]: { schema: { type: "object" } } } } }),
    responses: { "200": { description: "Done." }, "4XX": error, "503": error },
  };
}

function components({ origin, basePath }: Settings): Json {
  const endpoints = { authorizationUrl: `${origin}${basePath}/authorize`, tokenUrl: `${origin}${basePath}/token` };
  const worded = (of: typeof ADMIN_SCOPES | typeof SIGNAL_SCOPES) =>
    Object.fromEntries(of.map(({ name, description }) => [name, description]));
  const scopes = worded(ADMIN_SCOPES);
  return {
    securitySchemes: {
      oauth: {
        type: "oauth2",
        flows: {
          // receivers of signals are programs
          clientCredentials: { tokenUrl: endpoints.tokenUrl, scopes: { ...scopes, ...worded(SIGNAL_SCOPES) } },
          authorizationCode: { ...endpoints, scopes },
        },
      },
      bearer: { type: "http", scheme: "bearer", description: "An access token of this server for the API it is sent to." },
      registrationAccessToken: { type: "http", scheme: "bearer", description: "The registration access token of the client (RFC 7592)." },
    },
    parameters: {
      IdempotencyKey: {
        name: "Idempotency-Key",
        in: "header",
        required: false,
        schema: { type: "string", minLength: 1, maxLength: 255 },
        description:
          "The same key with the same request gets the same answer for 24 hours, and is carried out once; with another request, 422.",
      },
    },
    responses: {
      Problem: {
        description: "What is wrong (RFC 9457).",
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
      OAuthError: { description: "OAuth error.", content: { "application/json": { schema: { $ref: "#/components/schemas/OAuthError" } } } },
    },
    schemas: {
      Problem: {
        type: "object",
        required: ["type", "title", "status", "correlation_id"],
        properties: {
          type: { type: "string" },
          title: { type: "string" },
          status: { type: "integer" },
          detail: { type: "string" },
          correlation_id: { type: "string" },
          error: { type: "string" },
          errors: { type: "array", items: { type: "object", properties: { path: { type: "string" }, message: { type: "string" } } } },
        },
      },
      OAuthError: {
        type: "object",
        required: ["error"],
        properties: { error: { type: "string" }, error_description: { type: "string" }, correlation_id: { type: "string" } },
      },
    },
  };
}
