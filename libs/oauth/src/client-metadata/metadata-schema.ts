import { z } from "zod";

/**
 * Shown to people, so: no control characters, and none that turn the direction of text around (an old way to fake a name).
 * Spelled as ranges, because not every reader of the OpenAPI document understands \p{Cc}.
 */
const shownText = z
  .string()
  .trim()
  .min(1)
  .max(200)
  // oxlint-disable-next-line no-control-regex -- they are what it refuses
  .regex(/^[^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]*$/u);
const uri = z.string().max(1_000);
const list = z.array(z.string().max(200)).max(20);

export const SIGNING_ALGS = ["ES256", "EdDSA", "RS256"] as const;
export const ASSERTION_ALGS = ["ES256", "EdDSA", "RS256", "PS256"] as const;
export const AUTH_METHODS = ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"] as const;

/** RFC 7591 §2: the members we know. Others are ignored, as the section asks. */
export const clientMetadataSchema = z.object({
  client_name: shownText.optional(),
  redirect_uris: z.array(z.string()).max(20).optional(),
  post_logout_redirect_uris: z.array(z.string()).max(20).optional(),
  grant_types: list.optional(),
  response_types: list.optional(),
  token_endpoint_auth_method: z.enum(AUTH_METHODS).optional(),
  token_endpoint_auth_signing_alg: z.enum(ASSERTION_ALGS).optional(),
  application_type: z.enum(["web", "native"]).optional(),
  scope: z
    .string()
    .max(2_000)
    .regex(/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/)
    .optional(),
  client_uri: uri.optional(),
  logo_uri: uri.optional(),
  policy_uri: uri.optional(),
  tos_uri: uri.optional(),
  software_id: shownText.optional(),
  software_version: shownText.optional(),
  jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())).max(20) }).optional(),
  jwks_uri: uri.optional(),
  id_token_signed_response_alg: z.enum(SIGNING_ALGS).optional(),
  introspection_signed_response_alg: z.enum(SIGNING_ALGS).optional(),
  require_pushed_authorization_requests: z.boolean().optional(),
});
export type RawClientMetadata = z.infer<typeof clientMetadataSchema>;

/** RFC 7592 §2.2: a null member counts as absent. Copies only own members, so that no prototype name gets in. */
export function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}
