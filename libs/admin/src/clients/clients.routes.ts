import type { Endpoint } from "@grantline/oauth/http";
import { z } from "zod";
import type { AdminParts } from "../context.ts";
import { pageOf, pageQuery } from "../route/paging.ts";
import { defineRoute } from "../route/route.ts";
import { clientAnswer, createClientSchema, patchClientSchema, reasonSchema, rotateSecretSchema, secretAnswer } from "./client.schema.ts";
import { deleteClient, reinstateClient, revokeAllOfClient, rotateSecret, suspendClient } from "./client-commands.handler.ts";
import { createClient } from "./create-client.handler.ts";
import { listClients, readClient } from "./list-clients.handler.ts";
import { patchClient, replaceClient } from "./update-client.handler.ts";

const listQuery = z.strictObject({
  ...pageQuery,
  status: z.enum(["active", "suspended", "deleted"]).optional(),
  how: z.enum(["admin", "dcr", "cimd", "bridge", "bootstrap", "resource"]).optional(),
});

export function clientRoutes(context: AdminParts): readonly Endpoint[] {
  return [...registrationRoutes(context), ...changeRoutes(context), ...commandRoutes(context)];
}

function registrationRoutes(context: AdminParts): readonly Endpoint[] {
  const area = "clients";
  const one = "/clients/:client_id";
  return [
    defineRoute(context, {
      id: "list-clients",
      method: "GET",
      path: "/clients",
      area,
      summary: "List clients",
      query: listQuery,
      answer: pageOf(clientAnswer),
      status: 200,
      handle: listClients,
    }),
    defineRoute(context, {
      id: "create-client",
      method: "POST",
      path: "/clients",
      area,
      summary: "Register a client",
      body: createClientSchema,
      answer: clientAnswer,
      status: 201,
      handle: createClient,
    }),
    defineRoute(context, {
      id: "read-client",
      method: "GET",
      path: one,
      area,
      summary: "Read a client",
      answer: clientAnswer,
      status: 200,
      handle: readClient,
    }),
  ];
}

function changeRoutes(context: AdminParts): readonly Endpoint[] {
  const area = "clients";
  const one = "/clients/:client_id";
  return [
    defineRoute(context, {
      id: "replace-client",
      method: "PUT",
      path: one,
      area,
      summary: "Replace a client's metadata and settings",
      body: createClientSchema,
      answer: clientAnswer,
      status: 200,
      handle: replaceClient,
    }),
    defineRoute(context, {
      id: "patch-client",
      method: "PATCH",
      path: one,
      area,
      summary: "Change some of a client's metadata and settings (RFC 7396)",
      body: patchClientSchema,
      answer: clientAnswer,
      status: 200,
      handle: patchClient,
    }),
    defineRoute(context, {
      id: "delete-client",
      method: "DELETE",
      path: one,
      area,
      summary: "Delete a client and end everything granted to it",
      status: 204,
      handle: deleteClient,
    }),
  ];
}

function commandRoutes(context: AdminParts): readonly Endpoint[] {
  const area = "clients";
  const one = "/clients/:client_id";
  return [
    defineRoute(context, {
      id: "rotate-client-secret",
      method: "POST",
      path: `${one}/secrets`,
      area,
      summary: "Issue a new secret, the present ones overlapping",
      body: rotateSecretSchema,
      bodyOptional: true,
      answer: secretAnswer,
      status: 201,
      handle: rotateSecret,
    }),
    defineRoute(context, {
      id: "suspend-client",
      method: "POST",
      path: `${one}/suspend`,
      area,
      summary: "Suspend a client",
      body: reasonSchema,
      bodyOptional: true,
      answer: clientAnswer,
      status: 200,
      handle: suspendClient,
    }),
    defineRoute(context, {
      id: "reinstate-client",
      method: "POST",
      path: `${one}/reinstate`,
      area,
      summary: "Reinstate a suspended client",
      answer: clientAnswer,
      status: 200,
      handle: reinstateClient,
    }),
    defineRoute(context, {
      id: "revoke-all-of-client",
      method: "POST",
      path: `${one}/revoke-all`,
      area,
      summary: "End every grant and token of a client",
      body: reasonSchema,
      bodyOptional: true,
      answer: clientAnswer,
      status: 200,
      handle: revokeAllOfClient,
    }),
  ];
}
