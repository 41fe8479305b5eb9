import { hash } from "node:crypto";
import type { ClientMetadata } from "@grantline/domain/client";
import { GRANT_TYPES, readClientMetadata, SELF_REGISTERED_GRANT_TYPES } from "../client-metadata/index.ts";
import type { OAuthSettings } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import { OutboundError, type SafeFetch } from "../outbound/index.ts";

export interface RegistrationRequest {
  readonly metadata: ClientMetadata;
  /** The members as sent, for the rules of RFC 7592 §2.2. */
  readonly members: Readonly<Record<string, unknown>>;
  /** base64url SHA-256 of the exact body. */
  readonly documentHash: string;
}

export interface RegistrationRules {
  readonly settings: Pick<OAuthSettings, "dcr" | "cimd">;
  readonly fetcher: SafeFetch;
  /** An initial access token was shown: the client may also ask for grants without a person. */
  readonly vouched: boolean;
}

/** Reads a registration body. Throws the OAuthErrors of RFC 7591 §3.2.2. Members we do not know are ignored. */
export async function readRegistration(body: string | undefined, rules: RegistrationRules): Promise<RegistrationRequest> {
  const members = readObject(body ?? "");
  refuseSoftwareStatement(members["software_statement"]);
  const metadata = readClientMetadata(members, {
    redirectSchemes: rules.settings.dcr.redirectSchemes,
    allowInsecureLoopback: rules.settings.cimd.allowInsecureLoopback,
    grantTypes: rules.vouched ? GRANT_TYPES : SELF_REGISTERED_GRANT_TYPES,
    adminScopes: false,
  });
  if (metadata.jwks_uri !== undefined) await refuseInnerAddress(metadata.jwks_uri, rules.fetcher);
  return { metadata, members, documentHash: hash("sha256", body ?? "", "base64url") };
}

function readObject(body: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    value = undefined;
  }
  // RFC 7591 §3.1: client metadata are top-level members of a JSON object
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new OAuthError("invalid_client_metadata", "metadata-invalid", "The body must be a JSON object.");
  return value as Readonly<Record<string, unknown>>;
}

// RFC 7591 §2.3: a statement must be trusted or refused, never skipped: its claims would have overruled the plain members
function refuseSoftwareStatement(statement: unknown): void {
  if (statement === undefined || statement === null) return;
  const signed = typeof statement === "string" && /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/.test(statement);
  if (!signed)
    throw new OAuthError("invalid_software_statement", "software-statement-unsupported", "The software statement is not a signed JWT.");
  throw new OAuthError(
    "unapproved_software_statement",
    "software-statement-unsupported",
    "No issuer of software statements is trusted here.",
  );
}

async function refuseInnerAddress(uri: string, fetcher: SafeFetch): Promise<void> {
  try {
    await fetcher.check(uri);
  } catch (error) {
    // A name that does not resolve today may tomorrow; it is checked again at every fetch.
    if (error instanceof OutboundError && error.temporary) return;
    throw new OAuthError("invalid_client_metadata", "metadata-invalid", "Client metadata: jwks_uri is not at a public address.", {
      cause: error,
    });
  }
}
