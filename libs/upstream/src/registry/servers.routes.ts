import { defineRoute, pageOf, pageQuery } from "@grantline/admin";
import type { Endpoint } from "@grantline/oauth/http";
import { z } from "zod";
import type { UpstreamContext } from "../context.ts";
import { addServerSchema, changeServerSchema, serverAnswer } from "./server.schema.ts";
import { addServer, changeServer, listServers, readServer, removeServer } from "./servers.handler.ts";

/** The part of the admin API that says which third-party servers are behind the gateway. */
export function gatewayAdminEndpoints(context: UpstreamContext): readonly Endpoint[] {
  const area = "servers";
  const one = "/servers/:name";
  return [
    defineRoute(context, {
      id: "list-servers",
      method: "GET",
      path: "/servers",
      area,
      summary: "List the servers behind the gateway",
      query: z.strictObject(pageQuery),
      answer: pageOf(serverAnswer),
      status: 200,
      handle: (_parts, call) => listServers(context, call),
    }),
    defineRoute(context, {
      id: "add-server",
      method: "POST",
      path: "/servers",
      area,
      summary: "Put a server behind the gateway, and register its resource",
      body: addServerSchema,
      answer: serverAnswer,
      status: 201,
      handle: (_parts, call) => addServer(context, call),
    }),
    defineRoute(context, {
      id: "read-server",
      method: "GET",
      path: one,
      area,
      summary: "Read a server",
      answer: serverAnswer,
      status: 200,
      handle: (_parts, call) => readServer(context, call),
    }),
    defineRoute(context, {
      id: "change-server",
      method: "PUT",
      path: one,
      area,
      summary: "Replace a server's definition",
      body: changeServerSchema,
      answer: serverAnswer,
      status: 200,
      handle: (_parts, call) => changeServer(context, call),
    }),
    defineRoute(context, {
      id: "remove-server",
      method: "DELETE",
      path: one,
      area,
      summary: "Take a server from behind the gateway, and end the tokens for it",
      status: 204,
      handle: (_parts, call) => removeServer(context, call),
    }),
  ];
}
