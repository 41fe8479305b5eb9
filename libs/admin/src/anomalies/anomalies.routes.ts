import type { Endpoint } from "@grantline/oauth/http";
import { z } from "zod";
import type { AdminParts } from "../context.ts";
import { pageOf, pageQuery } from "../route/paging.ts";
import { defineRoute } from "../route/route.ts";
import { liftAnomaly, listAnomalies, readAnomaly } from "./anomalies.handler.ts";

const status = z.enum(["open", "answered", "lifted"]);
const severity = z.enum(["low", "medium", "high"]);
const answer = z
  .object({
    finding_id: z.string(),
    status,
    kind: z.string(),
    severity,
    response: z.enum(["observe", "alert", "step-up", "suspend-client", "revoke-grant"]).describe("What the policy wanted done."),
    client_id: z.string().optional(),
    subject: z.string().optional(),
    grant_id: z.string().optional(),
    count: z.int().describe("How many happenings stand behind it."),
    since: z.int(),
    until: z.int(),
    detected_at: z.int(),
    evidence: z.array(z.object({ position: z.string(), id: z.string() })).describe("The last events it rests on."),
    result: z.enum(["done", "already", "not-possible"]).optional(),
    lifted_because: z.string().optional(),
  })
  .meta({ id: "Anomaly" });
const query = z.strictObject({
  ...pageQuery,
  status: status.optional(),
  kind: z.string().max(64).optional(),
  severity: severity.optional(),
  client_id: z.string().max(2_048).optional(),
  subject: z.string().max(128).optional(),
});

export function anomalyRoutes(context: AdminParts): readonly Endpoint[] {
  const area = "anomalies";
  const one = "/anomalies/:finding_id";
  return [
    defineRoute(context, {
      id: "list-anomalies",
      method: "GET",
      path: "/anomalies",
      area,
      summary: "List what looked wrong, newest first",
      query,
      answer: pageOf(answer),
      status: 200,
      handle: listAnomalies,
    }),
    defineRoute(context, {
      id: "read-anomaly",
      method: "GET",
      path: one,
      area,
      summary: "Read a finding and its evidence",
      answer,
      status: 200,
      handle: readAnomaly,
    }),
    defineRoute(context, {
      id: "lift-anomaly",
      method: "POST",
      path: `${one}/lift`,
      area,
      summary: "Take the response to a finding back",
      body: z.strictObject({ reason: z.string().trim().min(1).max(200) }),
      answer,
      status: 200,
      handle: liftAnomaly,
    }),
  ];
}
