import type { Endpoint } from "@grantline/oauth/http";
import { readParked } from "@grantline/read-model";
import { z } from "zod";
import type { AdminParts } from "../context.ts";
import { defineRoute, type AdminAnswer, type AdminCall } from "../route/route.ts";

const parkedAnswer = z.object({
  projection: z.string(),
  stream: z.string(),
  revision: z.int(),
  type: z.string(),
  position: z.string(),
  reason: z.string(),
});
const statusAnswer = z.looseObject({
  issuer: z.string(),
  region: z.string(),
  production: z.boolean(),
  head: z.string(),
  projector: z.record(z.string(), z.unknown()),
});

export function operationRoutes(context: AdminParts): readonly Endpoint[] {
  const area = "audit";
  return [
    defineRoute(context, {
      id: "read-status",
      method: "GET",
      path: "/status",
      area,
      summary: "How the log and its projections stand",
      answer: statusAnswer,
      status: 200,
      handle: readStatus,
    }),
    defineRoute(context, {
      id: "list-parked-events",
      method: "GET",
      path: "/parked-events",
      area,
      summary: "Events a projection could not fold (P11)",
      query: z.strictObject({ limit: z.coerce.number().int().min(1).max(1_000).default(100) }),
      answer: z.object({ items: z.array(parkedAnswer), total: z.int() }),
      status: 200,
      handle: listParked,
    }),
    defineRoute(context, {
      id: "retry-parked-events",
      method: "POST",
      path: "/parked-events/retry",
      area,
      summary: "Fold parked streams again, after a fix",
      answer: z.object({ freed: z.int() }),
      status: 200,
      handle: retryParked,
    }),
  ];
}

async function readStatus(context: AdminParts): Promise<AdminAnswer> {
  const { issuer, region, production } = context.settings;
  const [head, projector] = await Promise.all([context.store.head(), context.projector.status()]);
  return { status: 200, body: { issuer, region, production, head, projector } };
}

async function listParked(context: AdminParts, call: AdminCall<{ limit: number }, undefined>): Promise<AdminAnswer> {
  const { projections } = await context.projector.status();
  const all = await Promise.all(
    projections.map(async ({ name, table }) =>
      (await readParked(context.readModel, table)).map((parked) => ({ projection: name, ...parked })),
    ),
  );
  const items = all.flat();
  return { status: 200, body: { items: items.slice(0, call.query.limit), total: items.length } };
}

async function retryParked(context: AdminParts): Promise<AdminAnswer> {
  return { status: 200, body: { freed: await context.projector.retryParked() } };
}
