import type { Endpoint } from "@grantline/oauth/http";
import { z } from "zod";
import type { AdminParts } from "../context.ts";
import { defineRoute } from "../route/route.ts";
import { flagAnswer, flagWithHistoryAnswer, setFlagSchema } from "./flag.schema.ts";
import { listFlags, readFlag, setFlag } from "./flags.handler.ts";

export function flagRoutes(context: AdminParts): readonly Endpoint[] {
  const area = "flags";
  const one = "/flags/:name";
  return [
    defineRoute(context, {
      id: "list-flags",
      method: "GET",
      path: "/flags",
      area,
      summary: "List feature flags",
      answer: z.object({ items: z.array(flagAnswer) }),
      status: 200,
      handle: listFlags,
    }),
    defineRoute(context, {
      id: "read-flag",
      method: "GET",
      path: one,
      area,
      summary: "Read a feature flag and its history",
      answer: flagWithHistoryAnswer,
      status: 200,
      handle: readFlag,
    }),
    defineRoute(context, {
      id: "set-flag",
      method: "PUT",
      path: one,
      area,
      summary: "Say whom a feature is on for",
      body: setFlagSchema,
      answer: flagAnswer,
      status: 200,
      handle: setFlag,
    }),
  ];
}
