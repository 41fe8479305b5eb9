import { clientMetadataSchema } from "@grantline/oauth/client-metadata";
import { z } from "zod";

const YEAR = 31_536_000;
const scopeName = z
  .string()
  .max(200)
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/);
const resourceReference = z.string().min(1).max(2_048).describe("Resource id or uri.");

/** What only an operator may set. Times in seconds. */
export const settingsSchema = z
  .strictObject({
    entity: z.enum(["human", "service", "agent"]).optional(),
    access_token_lifetime: z.int().min(30).max(86_400).optional(),
    refresh_idle_lifetime: z.int().min(60).max(YEAR).optional(),
    refresh_absolute_lifetime: z
      .int()
      .min(60)
      .max(2 * YEAR)
      .optional(),
    access_token_format: z.enum(["jwt", "opaque"]).optional(),
    refresh_retry_window: z.int().min(0).max(300).optional(),
    allowed_scopes: z.array(scopeName).max(200).optional(),
    allowed_resources: z.array(resourceReference).max(200).optional(),
    default_resource: z.string().max(2_048).optional().describe("Resource uri."),
    requests_per_minute: z.int().min(1).max(1_000_000).optional(),
    introspects: z.array(resourceReference).max(200).optional(),
  })
  .meta({ id: "ClientSettings" });
export type SettingsInput = z.infer<typeof settingsSchema>;

/** Client metadata as RFC 7591 spells it, and settings beside it. Unknown members are refused here: an operator should learn of a typo. */
export const createClientSchema = clientMetadataSchema
  .extend({
    client_id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]{2,63}$/)
      .optional()
      .describe("Chosen id; made up when left out."),
    settings: settingsSchema.optional(),
  })
  .strict()
  .meta({ id: "ClientInput" });
export type CreateClientInput = z.infer<typeof createClientSchema>;

/** Members given replace, members given as null are taken away, others stay (RFC 7396). */
export const patchClientSchema = z
  .strictObject({
    ...Object.fromEntries(Object.entries(clientMetadataSchema.shape).map(([name, schema]) => [name, schema.nullable()])),
    settings: z
      .strictObject(Object.fromEntries(Object.entries(settingsSchema.shape).map(([name, schema]) => [name, schema.nullable()])))
      .nullable()
      .optional(),
  })
  .meta({ id: "ClientPatch" });
export type PatchClientInput = Readonly<Record<string, unknown>>;

export const rotateSecretSchema = z.strictObject({
  overlap_seconds: z
    .int()
    .min(0)
    .max(30 * 86_400)
    .default(3_600)
    .describe("How long the present secrets stay valid."),
});
export const reasonSchema = z.strictObject({ reason: z.string().trim().min(1).max(200).default("admin") });

export const clientAnswer = clientMetadataSchema
  .extend({
    client_id: z.string(),
    status: z.enum(["active", "suspended", "deleted"]),
    reason: z.string().optional(),
    how: z.string().optional(),
    verification: z.enum(["operator", "cimd", "dcr"]).optional(),
    created_at: z.int().optional(),
    unused_expires_at: z.int().optional(),
    settings: settingsSchema.optional(),
    secrets: z.array(z.object({ id: z.string(), issued_at: z.int(), expires_at: z.int().optional() })).optional(),
    generation: z.int(),
    client_secret: z.string().optional().describe("In clear, this once."),
  })
  .meta({ id: "Client" });
export const secretAnswer = z.object({ client_id: z.string(), secret_id: z.string(), client_secret: z.string(), overlap_ends_at: z.int() });
