import { hash } from "node:crypto";
import type { ClientMetadata } from "@grantline/domain/client";
import { z } from "zod";
import { readClientMetadata, SELF_REGISTERED_GRANT_TYPES, withoutNulls } from "../client-metadata/index.ts";
import { OAuthError } from "../errors/index.ts";
import type { ClientDocument } from "./types.ts";

export interface DocumentRules {
  readonly redirectSchemes: readonly string[];
  readonly allowInsecureLoopback: boolean;
}

/** Methods a document client can use: nothing that needs a secret we both know. */
const METHODS = ["private_key_jwt", "none"] as const;
type Method = (typeof METHODS)[number];

const envelopeSchema = z.looseObject({
  client_id: z.string(),
  client_name: z.string(),
  redirect_uris: z.array(z.string()).min(1),
  token_endpoint_auth_method: z.string().optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).max(20).optional(),
});
type Envelope = z.infer<typeof envelopeSchema>;

/** Reads the text served at `clientId`. Throws OAuthError `invalid_client` (document-invalid) with what is wrong. */
export function parseDocument(clientId: string, text: string, rules: DocumentRules): ClientDocument {
  const document = readEnvelope(text);
  // MCP › CIMD › For AS: the client_id in the document must equal its URL exactly
  if (document.client_id !== clientId) throw invalid("its client_id is not the URL it was fetched from");
  // CIMD draft §4.1: no shared secrets, the document is public
  if ("client_secret" in document || "client_secret_expires_at" in document) throw invalid("it has a client secret");
  return { metadata: readMetadata(document, rules), documentHash: hash("sha256", text, "base64url") };
}

function readEnvelope(text: string): Envelope {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid("it is not JSON");
  }
  const parsed = envelopeSchema.safeParse(withoutNulls(value));
  if (!parsed.success) throw invalid("client_id, client_name and redirect_uris are needed");
  return parsed.data;
}

function readMetadata(document: Envelope, rules: DocumentRules): ClientMetadata {
  const method = chooseMethod(document);
  // Keys are of use to private_key_jwt alone; beside another method they would only be fetched for nothing.
  const { jwks, jwks_uri: jwksUri, ...rest } = document;
  const keys = method === "private_key_jwt" ? { jwks, jwks_uri: jwksUri } : {};
  const grantTypes = document["grant_types"] ?? ["authorization_code", "refresh_token"];
  try {
    return readClientMetadata(
      { ...rest, ...keys, grant_types: grantTypes, token_endpoint_auth_method: method },
      { ...rules, grantTypes: SELF_REGISTERED_GRANT_TYPES, adminScopes: false },
    );
  } catch (error) {
    if (error instanceof OAuthError) throw new OAuthError("invalid_client", "document-invalid", error.description, { cause: error });
    throw error;
  }
}

/**
 * SEP-3149: read the array of methods, intersect it with our own, and do not refuse a document because the single member alone
 * does not fit; neither member given means none.
 */
function chooseMethod(document: Envelope): Method {
  const single = document.token_endpoint_auth_method;
  const offered = document.token_endpoint_auth_methods_supported ?? [single ?? "none"];
  const usable = METHODS.filter((method) => offered.includes(method));
  if (usable.length === 0) throw invalid("none of its token endpoint authentication methods can be used without a shared secret");
  const preferred = usable.find((method) => method === single);
  const hasKeys = document["jwks"] !== undefined || document["jwks_uri"] !== undefined;
  return preferred ?? usable.find((method) => method === "none" || hasKeys) ?? "private_key_jwt";
}

function invalid(what: string): OAuthError {
  return new OAuthError("invalid_client", "document-invalid", `The client metadata document can not be used: ${what}.`);
}
