import type { Endpoint } from "@grantline/oauth/http";
import { z } from "zod";
import { reasonSchema } from "../clients/client.schema.ts";
import type { AdminParts } from "../context.ts";
import { listConsents, withdrawConsent } from "../grants/consents.handler.ts";
import { pageOf, pageQuery } from "../route/paging.ts";
import { defineRoute } from "../route/route.ts";
import { disableSubject, enableSubject, eraseSubject, listSubjects, readSubject, revokeAllOfSubject } from "./subjects.handler.ts";

const status = z.enum(["active", "disabled", "erased"]);
const subjectAnswer = z
  .object({ subject: z.string(), status, generation: z.int(), groups: z.array(z.string()).optional(), reason: z.string().optional() })
  .meta({ id: "Subject" });
const consentAnswer = z.object({
  client_id: z.string(),
  scopes: z.record(z.string(), z.array(z.string())).describe("By resource id; identity scopes under the empty name."),
  remember: z.boolean(),
  granted_at: z.int(),
  generation: z.int(),
});

export function subjectRoutes(context: AdminParts): readonly Endpoint[] {
  return [...personRoutes(context), ...consentRoutes(context)];
}

function personRoutes(context: AdminParts): readonly Endpoint[] {
  const area = "subjects";
  const one = "/subjects/:subject";
  const answers = { answer: subjectAnswer, status: 200 } as const;
  const reason = { body: reasonSchema, bodyOptional: true } as const;
  return [
    defineRoute(context, {
      id: "list-subjects",
      method: "GET",
      path: "/subjects",
      area,
      summary: "List subjects",
      query: z.strictObject({ ...pageQuery, status: status.optional() }),
      answer: pageOf(subjectAnswer),
      status: 200,
      handle: listSubjects,
    }),
    defineRoute(context, {
      id: "read-subject",
      method: "GET",
      path: one,
      area,
      summary: "Read a subject",
      ...answers,
      handle: readSubject,
    }),
    defineRoute(context, {
      id: "disable-subject",
      method: "POST",
      path: `${one}/disable`,
      area,
      summary: "Disable a subject and end everything held",
      ...reason,
      ...answers,
      handle: disableSubject,
    }),
    defineRoute(context, {
      id: "enable-subject",
      method: "POST",
      path: `${one}/enable`,
      area,
      summary: "Enable a subject again",
      ...answers,
      handle: enableSubject,
    }),
    defineRoute(context, {
      id: "revoke-all-of-subject",
      method: "POST",
      path: `${one}/revoke-all`,
      area,
      summary: "End every grant and token of a subject",
      ...reason,
      ...answers,
      handle: revokeAllOfSubject,
    }),
    defineRoute(context, {
      id: "erase-subject",
      method: "POST",
      path: `${one}/erase`,
      area,
      summary: "Erase a subject: its key is destroyed, its data with it",
      ...answers,
      handle: eraseSubject,
    }),
  ];
}

function consentRoutes(context: AdminParts): readonly Endpoint[] {
  const one = "/subjects/:subject";
  return [
    defineRoute(context, {
      id: "list-consents",
      method: "GET",
      path: `${one}/consents`,
      area: "grants",
      summary: "List what a subject has allowed",
      query: z.strictObject(pageQuery),
      answer: pageOf(consentAnswer),
      status: 200,
      handle: listConsents,
    }),
    defineRoute(context, {
      id: "withdraw-consent",
      method: "DELETE",
      path: `${one}/consents/:client_id`,
      area: "grants",
      summary: "Withdraw a consent and end what rests on it",
      status: 204,
      handle: withdrawConsent,
    }),
  ];
}
