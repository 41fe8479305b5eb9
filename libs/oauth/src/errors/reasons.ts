import type { GrantRefusal } from "@grantline/domain/grant";

/** Every private reason there is, one a line, by area. Adding one here is the only way to use one. */
export type Reason =
  | GrantRefusal
  // http
  | "parameter-repeated" | "parameter-missing" | "parameter-malformed" | "body-too-large" | "content-type-unsupported" | "method-not-allowed" | "not-found"
  | "store-unavailable" | "unexpected" | "rate-limited"
  // client authentication
  | "client-unknown" | "client-suspended" | "client-deleted" | "client-expired" | "client-authentication-missing" | "client-authentication-repeated" | "client-secret-wrong"
  | "client-secret-in-query" | "client-method-mismatch" | "assertion-malformed" | "assertion-alg" | "assertion-signature" | "assertion-claims" | "assertion-replayed" | "client-keys-unavailable"
  // authorization
  | "redirect-uri-missing" | "redirect-uri-unregistered" | "response-type-unsupported" | "pkce-missing" | "pkce-method-unsupported" | "pkce-malformed" | "scope-malformed" | "scope-unknown"
  | "resource-malformed" | "resource-unknown" | "resource-repeated" | "resource-not-allowed" | "request-object-unsupported" | "request-uri-unsupported" | "request-uri-unknown" | "request-uri-expired" | "request-uri-used" | "par-required"
  | "prompt-invalid" | "login-required" | "consent-required" | "access-denied" | "policy-denied" | "interaction-unknown" | "interaction-expired" | "csrf-mismatch" | "login-failed" | "subject-barred"
  // token
  | "resource-ambiguous" | "resource-missing"
  | "grant-type-unsupported" | "grant-type-not-allowed" | "token-malformed" | "scope-not-allowed" | "retry-key-gone"
  // bearer
  | "bearer-missing" | "bearer-invalid" | "bearer-scope" | "introspection-not-allowed"
  // registration
  | "metadata-invalid" | "redirect-uri-invalid" | "initial-access-token-missing" | "registration-token-wrong" | "software-statement-unsupported" | "registration-quota"
  | "document-fetch-refused" | "document-fetch-failed" | "document-invalid"
  // logout
  | "id-token-hint-invalid" | "post-logout-redirect-unregistered";
