import { z } from "zod";
import { scopesFor } from "../scopes.ts";
import type { AdminRoute } from "./route.ts";

const problem = { $ref: "#/components/responses/Problem" };

/** The OpenAPI 3.1 operation of a route, made from the very schemas that check its requests. */
export function operation<Q, B>(route: AdminRoute<Q, B>): Readonly<Record<string, unknown>> {
  const writes = route.method !== "GET";
  const scopes = scopesFor(route.area, writes ? "write" : "read");
  const parameters = [
    ...pathParameters(route.path),
    ...queryParameters(route.query),
    ...(writes ? [{ $ref: "#/components/parameters/IdempotencyKey" }] : []),
  ];
  return {
    operationId: camel(route.id),
    tags: [route.path.split("/")[1] ?? "admin"],
    summary: route.summary,
    description: `Needs one of the scopes ${scopes.join(", ")}.`,
    security: scopes.map((scope) => ({ oauth: [scope] })),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: route.bodyOptional !== true,
            content: { "application/json": { schema: schemaOf(route.body, "input") } },
          },
        }),
    responses: {
      [String(route.status)]: success(route),
      "400": problem,
      "401": problem,
      "403": problem,
      "404": problem,
      "409": problem,
      ...(writes ? { "413": problem, "415": problem, "422": problem } : {}),
      "429": problem,
      "503": problem,
    },
  };
}

function success<Q, B>(route: AdminRoute<Q, B>): object {
  if (route.status === 204) return { description: "Done." };
  return {
    description: "Done.",
    content: { "application/json": { schema: route.answer === undefined ? {} : schemaOf(route.answer, "output") } },
  };
}

/** Schemas with an id of their own come as a reference into `$defs`; `openApiDocument` moves those to the components. */
function schemaOf(schema: z.ZodType, io: "input" | "output"): Readonly<Record<string, unknown>> {
  const { properties, $defs } = z.toJSONSchema(z.object({ schema }), { io, target: "draft-2020-12", unrepresentable: "any" });
  return { ...(properties?.["schema"] as object), ...($defs === undefined ? {} : { $defs }) };
}

function pathParameters(path: string): readonly object[] {
  return [...path.matchAll(/:([a-z_]+)/g)].map(([, name]) => ({ name, in: "path", required: true, schema: { type: "string" } }));
}

function queryParameters(schema: z.ZodType | undefined): readonly object[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, "input") as {
    properties?: Record<string, object>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, property]) => ({ name, in: "query", required: required.includes(name), schema: property }));
}

function camel(id: string): string {
  return id.replace(/-([a-z])/g, (_all, letter: string) => letter.toUpperCase());
}
