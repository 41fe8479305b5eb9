import type { Endpoint } from "@grantline/oauth/http";
import { z } from "zod";
import type { AdminParts } from "../context.ts";
import { defineRoute } from "../route/route.ts";
import { readEvents } from "./read-events.handler.ts";

const name = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[A-Za-z0-9._-]+$/);
const eventsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  after: z
    .string()
    .regex(/^(0|[1-9][0-9]{0,18})$/)
    .optional()
    .describe("Position to begin after; next_position of the page before."),
  stream: name.optional().describe("One stream, in order of revision."),
  from_revision: z.coerce
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe("With stream: where to begin; next_revision of the page before."),
  stream_prefix: name.optional(),
  type: name.optional(),
});
const eventAnswer = z
  .looseObject({
    position: z.string(),
    hash: z.string().describe("base64url SHA-256 over the stream's previous hash and the stored body (P10)."),
    id: z.string(),
    stream: z.string(),
    revision: z.int(),
    type: z.string(),
    version: z.int(),
    at: z.string(),
    data: z.record(z.string(), z.unknown()),
    meta: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "Event" });
const answer = z.object({ items: z.array(eventAnswer), next_position: z.string().optional(), next_revision: z.int().optional() });

export function eventRoutes(context: AdminParts): readonly Endpoint[] {
  return [
    defineRoute(context, {
      id: "read-events",
      method: "GET",
      path: "/events",
      area: "audit",
      summary: "Read the event log, by stream or by position",
      query: eventsQuery,
      answer,
      status: 200,
      handle: readEvents,
    }),
  ];
}
