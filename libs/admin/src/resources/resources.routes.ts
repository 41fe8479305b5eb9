import type { Endpoint } from "@grantline/oauth/http";
import { z } from "zod";
import { reasonSchema } from "../clients/client.schema.ts";
import type { AdminParts } from "../context.ts";
import { pageOf, pageQuery } from "../route/paging.ts";
import { defineRoute } from "../route/route.ts";
import { registerResource } from "./register-resource.handler.ts";
import {
  defineScopes,
  listResources,
  readResource,
  removeResource,
  revokeAllOfResource,
  setAccessPolicy,
  setTokenPolicy,
} from "./resource-commands.handler.ts";
import { accessPolicySchema, registerResourceSchema, resourceAnswer, scopesSchema, tokenPolicySchema } from "./resource.schema.ts";

const listQuery = z.strictObject({ ...pageQuery, uri: z.string().max(2_048).optional() });

export function resourceRoutes(context: AdminParts): readonly Endpoint[] {
  return [...registrationRoutes(context), ...changeRoutes(context)];
}

function registrationRoutes(context: AdminParts): readonly Endpoint[] {
  const area = "resources";
  const one = "/resources/:resource_id";
  const answers = { answer: resourceAnswer, status: 200 } as const;
  return [
    defineRoute(context, {
      id: "list-resources",
      method: "GET",
      path: "/resources",
      area,
      summary: "List resources",
      query: listQuery,
      answer: pageOf(resourceAnswer),
      status: 200,
      handle: listResources,
    }),
    defineRoute(context, {
      id: "register-resource",
      method: "POST",
      path: "/resources",
      area,
      summary: "Register a resource and its resource-server client",
      body: registerResourceSchema,
      answer: resourceAnswer,
      status: 201,
      handle: registerResource,
    }),
    defineRoute(context, {
      id: "read-resource",
      method: "GET",
      path: one,
      area,
      summary: "Read a resource",
      ...answers,
      handle: readResource,
    }),
  ];
}

function changeRoutes(context: AdminParts): readonly Endpoint[] {
  const area = "resources";
  const one = "/resources/:resource_id";
  const answers = { answer: resourceAnswer, status: 200 } as const;
  return [
    defineRoute(context, {
      id: "define-scopes",
      method: "PUT",
      path: `${one}/scopes`,
      area,
      summary: "Replace a resource's scopes",
      body: z.strictObject({ scopes: scopesSchema }),
      ...answers,
      handle: defineScopes,
    }),
    defineRoute(context, {
      id: "set-access-policy",
      method: "PUT",
      path: `${one}/access-policy`,
      area,
      summary: "Replace who may hold which scopes",
      body: accessPolicySchema,
      ...answers,
      handle: setAccessPolicy,
    }),
    defineRoute(context, {
      id: "set-token-policy",
      method: "PUT",
      path: `${one}/token-policy`,
      area,
      summary: "Replace format, lifetime and algorithm of tokens",
      body: tokenPolicySchema,
      ...answers,
      handle: setTokenPolicy,
    }),
    defineRoute(context, {
      id: "revoke-all-of-resource",
      method: "POST",
      path: `${one}/revoke-all`,
      area,
      summary: "End every token for a resource",
      body: reasonSchema,
      bodyOptional: true,
      ...answers,
      handle: revokeAllOfResource,
    }),
    defineRoute(context, {
      id: "remove-resource",
      method: "DELETE",
      path: one,
      area,
      summary: "Remove a resource and its client, and end its tokens",
      status: 204,
      handle: removeResource,
    }),
  ];
}
