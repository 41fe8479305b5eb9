import type { Endpoint } from "@grantline/oauth/http";
import { z } from "zod";
import type { AdminParts } from "../context.ts";
import { pageOf, pageQuery } from "../route/paging.ts";
import { defineRoute } from "../route/route.ts";
import { listGrants, readGrant, revokeGrant, revokeGrants } from "./grants.handler.ts";

const status = z.enum(["authorized", "active", "revoked", "expired", "denied"]);
const grantAnswer = z
  .object({
    grant_id: z.string(),
    client_id: z.string(),
    subject: z.string(),
    status,
    live: z.boolean().describe("Neither ended itself nor resting on a client, subject, consent, session or resource that has."),
    reason: z.string().optional(),
    entity: z.enum(["human", "service", "agent"]).optional(),
    resources: z.array(z.object({ id: z.string(), uri: z.string(), scopes: z.array(z.string()) })),
    scope: z.string(),
    offline: z.boolean(),
    created_at: z.int(),
    expires_at: z.int(),
    rotations: z.int(),
    last_used_at: z.int().optional(),
    ended_at: z.int().optional(),
  })
  .meta({ id: "Grant" });
const filter = {
  subject: z.string().min(1).max(128).optional(),
  client_id: z.string().min(1).max(2_048).optional(),
  resource: z.string().min(1).max(2_048).optional().describe("Resource id or uri."),
};

export function grantRoutes(context: AdminParts): readonly Endpoint[] {
  const area = "grants";
  return [
    defineRoute(context, {
      id: "list-grants",
      method: "GET",
      path: "/grants",
      area,
      summary: "List grants by subject, client, resource or status",
      query: z.strictObject({ ...pageQuery, ...filter, status: status.optional() }),
      answer: pageOf(grantAnswer),
      status: 200,
      handle: listGrants,
    }),
    defineRoute(context, {
      id: "read-grant",
      method: "GET",
      path: "/grants/:grant_id",
      area,
      summary: "Read a grant",
      answer: grantAnswer,
      status: 200,
      handle: readGrant,
    }),
    defineRoute(context, {
      id: "revoke-grant",
      method: "DELETE",
      path: "/grants/:grant_id",
      area,
      summary: "Revoke a grant with all its tokens",
      status: 204,
      handle: revokeGrant,
    }),
    defineRoute(context, {
      id: "revoke-grants",
      method: "DELETE",
      path: "/grants",
      area,
      summary: "Revoke all grants of one subject, client or resource",
      query: z.strictObject(filter),
      status: 204,
      handle: revokeGrants,
    }),
  ];
}
