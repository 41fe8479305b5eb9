import { isAdminScope } from "@grantline/domain/kernel";
import { IDENTITY_SCOPES } from "@grantline/oauth/scope";
import { z } from "zod";

// RFC 6749 §3.3: a scope is made of printable ASCII without space, quote and backslash
const scopeName = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, { error: "not a scope name" })
  .refine((name) => !isAdminScope(name) && !(IDENTITY_SCOPES as readonly string[]).includes(name), {
    error: "reserved for this server itself",
  });

export const scopesSchema = z
  .array(
    z.strictObject({
      name: scopeName,
      description: z.string().trim().min(1).max(500).describe("Plain words for the consent page."),
      default: z.boolean().optional().describe("Granted when the client asks for no scope."),
    }),
  )
  .max(200)
  .refine((scopes) => new Set(scopes.map(({ name }) => name)).size === scopes.length, { error: "a scope is named twice" })
  .meta({ id: "Scopes" });

const text = z.string().min(1).max(256);
const ruleSchema = z.strictObject({
  subjects: z.union([
    z.strictObject({ any: z.literal(true) }),
    z.strictObject({ groups: z.array(text).min(1).max(100) }),
    z.strictObject({ subjects: z.array(text).min(1).max(1_000) }),
    z.strictObject({ claim: z.strictObject({ name: text, values: z.array(text).min(1).max(100) }) }),
  ]),
  entities: z.array(z.enum(["human", "service", "agent"])).min(1),
  verification: z.array(z.enum(["operator", "cimd", "dcr"])).min(1),
  scopes: z.array(z.string().min(1).max(128)).min(1).max(200).describe("Scope names, or * for all the resource defines."),
});
export const accessPolicySchema = z.strictObject({ rules: z.array(ruleSchema).max(100) }).meta({ id: "AccessPolicy" });

export const tokenPolicySchema = z
  .strictObject({
    format: z.enum(["jwt", "opaque"]).optional(),
    access_token_lifetime: z.int().min(30).max(86_400).optional().describe("Seconds."),
    alg: z.enum(["ES256", "EdDSA", "RS256"]).optional(),
  })
  .meta({ id: "TokenPolicy" });

export const registerResourceSchema = z.strictObject({
  uri: z.string().min(1).max(2_048),
  name: z.string().trim().min(1).max(200),
  scopes: scopesSchema.default([]),
  access_policy: accessPolicySchema
    .optional()
    .describe("Who may hold which scopes. Needed in production; elsewhere left out means any authenticated subject."),
  token_policy: tokenPolicySchema.optional(),
});
export type RegisterResourceInput = z.infer<typeof registerResourceSchema>;
export type TokenPolicyInput = z.infer<typeof tokenPolicySchema>;

export const resourceAnswer = z
  .object({
    resource_id: z.string(),
    uri: z.string(),
    name: z.string(),
    client_id: z.string(),
    scopes: scopesSchema,
    access_policy: accessPolicySchema,
    token_policy: tokenPolicySchema,
    generation: z.int(),
    client_secret: z.string().optional().describe("Secret of the resource's own client, in clear, this once."),
  })
  .meta({ id: "Resource" });
