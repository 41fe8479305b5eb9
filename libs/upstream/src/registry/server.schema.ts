import { accessPolicySchema, scopesSchema, tokenPolicySchema } from "@grantline/admin";
import type { ServerDefinition, ServerPolicy } from "@grantline/domain/server";
import { z } from "zod";
import { LONGEST_SERVER_NAME, SERVER_NAME } from "./servers.ts";

const words = z.string().regex(SERVER_NAME, { error: "not words of a-z and 0-9 joined by single dashes" });
const toolName = z.string().min(1).max(256);
// RFC 6749 §3.3
const scope = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/, { error: "not a scope" });
const serverUrl = z
  .url({ protocol: /^https?$/ })
  .max(2_048)
  .refine((text) => !text.includes("#") && new URL(text).username === "" && new URL(text).password === "", {
    error: "must not have a fragment or user information",
  });

const policySchema = z
  .strictObject({
    tools: z
      .strictObject({
        allow: z.array(toolName).max(1_000).optional().describe("Only these may be called."),
        deny: z.array(toolName).max(1_000).optional().describe("These may not, whatever else is said."),
        scopes: z.record(toolName, z.array(scope).min(1).max(20)).optional().describe("Scopes of the resource a tool needs."),
      })
      .optional(),
    rate_per_minute: z.int().min(1).max(100_000).optional().describe("Calls a minute, per user."),
    timeout_ms: z.int().min(100).max(600_000).optional(),
  })
  .meta({ id: "ServerPolicy" });

const definition = {
  url: serverUrl.optional().describe("Its MCP endpoint; or stdio."),
  stdio: z
    .strictObject({
      command: z.string().min(1).max(1_024),
      args: z.array(z.string().max(4_096)).max(100).default([]),
      env: z
        .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/))
        .max(100)
        .default([])
        .describe("Names of variables it is given."),
    })
    .optional()
    .describe("A program the gateway runs. Needs grantline:admin."),
  provider: words.max(32).default("discovered").describe("A provider of the settings, or discovered."),
  authorization: z.enum(["oauth", "none", "static"]).default("oauth"),
  scopes: z.array(scope).max(100).default([]).describe("Asked of each user at the provider."),
  client: z
    .strictObject({ client_id: z.string().min(1).max(2_048), secret_name: z.string().max(120).optional() })
    .optional()
    .describe("A client registered at the provider by hand for this server alone; its secret by name in the secret store."),
  policy: policySchema.prefault({}),
  resource: z
    .strictObject({
      name: z.string().trim().min(1).max(200).optional(),
      scopes: scopesSchema.optional().describe("Left out: mcp:use, and what policy.tools.scopes names."),
      access_policy: accessPolicySchema.optional(),
      token_policy: tokenPolicySchema.optional(),
    })
    .prefault({})
    .describe("What clients of ours need to use it. The access policy is needed in production."),
};

export const addServerSchema = z.strictObject({ name: words.max(LONGEST_SERVER_NAME), ...definition });
export const changeServerSchema = z.strictObject(definition);
export type AddServerInput = z.infer<typeof addServerSchema>;
export type ChangeServerInput = z.infer<typeof changeServerSchema>;

export const serverAnswer = z
  .object({
    name: z.string(),
    url: z.string().optional(),
    stdio: z.object({ command: z.string(), args: z.array(z.string()), env: z.array(z.string()) }).optional(),
    provider: z.string(),
    authorization: z.enum(["oauth", "none", "static"]),
    scopes: z.array(z.string()),
    client: z.object({ client_id: z.string(), secret_name: z.string().optional() }).optional(),
    policy: policySchema,
    resource: z.object({ resource_id: z.string(), uri: z.string() }),
    mcp_endpoint: z.string().describe("Where clients reach it."),
  })
  .meta({ id: "Server" });

export function readPolicy({ tools, rate_per_minute: ratePerMinute, timeout_ms: timeoutMs }: AddServerInput["policy"]): ServerPolicy {
  return {
    ...(tools === undefined ? {} : { tools: withoutGaps(tools) }),
    ...(ratePerMinute === undefined ? {} : { ratePerMinute }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

function withoutGaps({ allow, deny, scopes }: NonNullable<AddServerInput["policy"]["tools"]>): NonNullable<ServerPolicy["tools"]> {
  return {
    ...(allow === undefined ? {} : { allow }),
    ...(deny === undefined ? {} : { deny }),
    ...(scopes === undefined ? {} : { scopes }),
  };
}

export function showPolicy({ tools, ratePerMinute, timeoutMs }: ServerDefinition["policy"]) {
  return {
    ...(tools === undefined ? {} : { tools }),
    ...(ratePerMinute === undefined ? {} : { rate_per_minute: ratePerMinute }),
    ...(timeoutMs === undefined ? {} : { timeout_ms: timeoutMs }),
  };
}
