import { isAdminScope } from "@grantline/domain/kernel";
import type { ClientMetadata } from "@grantline/domain/client";
import type { z } from "zod";
import { OAuthError } from "../errors/index.ts";
import { checkOutboundUrl, OutboundError } from "../outbound/index.ts";
import { checkJwks } from "./key-rules.ts";
import { clientMetadataSchema, withoutNulls, type RawClientMetadata } from "./metadata-schema.ts";
import { checkRedirectUri, inferApplicationType } from "./redirect-uri-rules.ts";

export interface ClientMetadataRules {
  /** Private-use redirect schemes allowed by name. */
  readonly redirectSchemes: readonly string[] | "any";
  /** Development: links and key URLs may point at this machine over http. */
  readonly allowInsecureLoopback: boolean;
  /** What this way of registering may ask for; others are dropped while one remains. */
  readonly grantTypes: readonly string[];
  /** P14: only an operator registers `grantline:*` scopes. */
  readonly adminScopes: boolean;
}

const DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code";
/** Every grant type this server has. */
export const GRANT_TYPES = ["authorization_code", "refresh_token", "client_credentials", DEVICE_CODE] as const;
/** For clients that registered themselves: there is no person behind client_credentials, so an operator has to vouch for them. */
export const SELF_REGISTERED_GRANT_TYPES = ["authorization_code", "refresh_token", DEVICE_CODE] as const;

/** Checks client metadata of any origin and fills in the defaults of RFC 7591 §2. Throws OAuthError `invalid_redirect_uri` or `invalid_client_metadata`. */
export function readClientMetadata(value: unknown, rules: ClientMetadataRules): ClientMetadata {
  const parsed = clientMetadataSchema.safeParse(withoutNulls(value));
  if (!parsed.success) throw schemaError(parsed.error);
  return completeMetadata(parsed.data, rules);
}

function completeMetadata(raw: RawClientMetadata, rules: ClientMetadataRules): ClientMetadata {
  const { scope: requestedScope, ...given } = raw;
  const grantTypes = readGrantTypes(raw, rules);
  const redirectUris = readRedirectUris(raw, grantTypes, rules);
  const method = raw.token_endpoint_auth_method ?? "client_secret_basic";
  readKeys(raw, method, grantTypes, rules);
  readLinks(raw, rules);
  const scope = readScope(requestedScope, rules);
  return {
    ...present(given),
    redirect_uris: redirectUris,
    grant_types: grantTypes,
    response_types: readResponseTypes(raw, grantTypes),
    token_endpoint_auth_method: method,
    application_type: raw.application_type ?? inferApplicationType(redirectUris),
    ...(scope === undefined ? {} : { scope }),
  };
}

/** RFC 7591 §3.2.1: the server may replace what was asked for; a type nobody can use is dropped, not refused. */
function readGrantTypes(raw: RawClientMetadata, rules: ClientMetadataRules): readonly string[] {
  const kept = [...new Set(raw.grant_types ?? ["authorization_code"])].filter((type) => rules.grantTypes.includes(type));
  if (kept.length === 0) throw invalid("grant_types names none that may be registered here");
  if (kept.includes("refresh_token") && !kept.includes("authorization_code") && !kept.includes(DEVICE_CODE))
    throw invalid("grant_types has refresh_token without a grant that issues one");
  return kept;
}

function readResponseTypes(raw: RawClientMetadata, grantTypes: readonly string[]): readonly string[] {
  // RFC 7591 §2.1: response types correspond to grant types; code is the only one OAuth 2.1 leaves
  if (!grantTypes.includes("authorization_code")) return [];
  if (raw.response_types !== undefined && !raw.response_types.includes("code")) throw invalid("response_types does not include code");
  return ["code"];
}

function readRedirectUris(raw: RawClientMetadata, grantTypes: readonly string[], rules: ClientMetadataRules): readonly string[] {
  const uris = [...new Set(raw.redirect_uris ?? [])];
  // RFC 7591 §2: clients of redirect-based flows must register their redirection URIs
  if (uris.length === 0 && grantTypes.includes("authorization_code"))
    throw new OAuthError("invalid_redirect_uri", "redirect-uri-invalid", "At least one redirect URI is needed.");
  for (const each of [...uris, ...(raw.post_logout_redirect_uris ?? [])]) checkRedirectUri(each, rules);
  return uris;
}

function readKeys(
  raw: RawClientMetadata,
  method: ClientMetadata["token_endpoint_auth_method"],
  grantTypes: readonly string[],
  rules: ClientMetadataRules,
): void {
  // RFC 7591 §2: jwks and jwks_uri must not both be present
  if (raw.jwks !== undefined && raw.jwks_uri !== undefined) throw invalid("jwks and jwks_uri exclude each other");
  if (method === "private_key_jwt" && raw.jwks === undefined && raw.jwks_uri === undefined)
    throw invalid("private_key_jwt needs jwks or jwks_uri");
  // OAuth 2.1 §4.2: client credentials are for confidential clients
  if (method === "none" && grantTypes.includes("client_credentials")) throw invalid("client_credentials needs a client that authenticates");
  if (raw.jwks !== undefined) checkJwks(raw.jwks);
  if (raw.jwks_uri !== undefined) checkLink("jwks_uri", raw.jwks_uri, rules);
}

function readLinks(raw: RawClientMetadata, rules: ClientMetadataRules): void {
  for (const member of ["client_uri", "logo_uri", "policy_uri", "tos_uri"] as const) {
    const value = raw[member];
    if (value !== undefined) checkLink(member, value, rules);
  }
}

function checkLink(member: string, value: string, rules: ClientMetadataRules): void {
  try {
    checkOutboundUrl(value, rules);
  } catch (error) {
    if (error instanceof OutboundError) throw invalid(`${member} is not a public https URL`);
    throw error;
  }
}

function readScope(requested: string | undefined, rules: ClientMetadataRules): string | undefined {
  const names = [...new Set((requested ?? "").split(" "))].filter((name) => name !== "" && (rules.adminScopes || !isAdminScope(name)));
  return names.length === 0 ? undefined : names.join(" ");
}

type Present<T> = { [K in keyof T]: Exclude<T[K], undefined> };
function present<T extends object>(value: T): Present<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Present<T>;
}

function schemaError(error: z.ZodError): OAuthError {
  const path = error.issues[0]?.path[0];
  const member = typeof path === "string" && /^[a-z_]+$/.test(path) ? path : "document";
  // RFC 7591 §3.2.2: redirect URIs have an error code of their own
  if (member === "redirect_uris" || member === "post_logout_redirect_uris") {
    return new OAuthError("invalid_redirect_uri", "redirect-uri-invalid", `The member ${member} must be a list of at most 20 URIs.`);
  }
  return invalid(`${member} has a value that is not allowed`);
}

function invalid(what: string): OAuthError {
  return new OAuthError("invalid_client_metadata", "metadata-invalid", `Client metadata: ${what}.`);
}
