import type { Reason } from "./reasons.ts";

/** The registered codes, each with its one HTTP status where it leaves as JSON. */
export const STATUS = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  invalid_scope: 400,
  invalid_target: 400,
  access_denied: 403,
  unsupported_response_type: 400,
  server_error: 500,
  temporarily_unavailable: 503,
  login_required: 400,
  consent_required: 400,
  interaction_required: 400,
  request_not_supported: 400,
  request_uri_not_supported: 400,
  invalid_request_uri: 400,
  invalid_redirect_uri: 400,
  invalid_client_metadata: 400,
  invalid_software_statement: 400,
  unapproved_software_statement: 400,
  invalid_token: 401,
  insufficient_scope: 403,
  too_many_requests: 429,
  unsupported_token_type: 400,
  authorization_pending: 400,
  slow_down: 400,
  expired_token: 400,
} as const;
export type OAuthErrorCode = keyof typeof STATUS;

/**
 * The one error family. `description` is public (RFC 6749 §5.2 characters only, no secret, nothing echoed);
 * `detail` goes to the log alone; `reason` is our own kebab id, greppable in log and audit event.
 */
export class OAuthError extends Error {
  override readonly name = "OAuthError";
  readonly code: OAuthErrorCode;
  readonly reason: Reason;
  readonly description: string;
  readonly detail: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;

  constructor(
    code: OAuthErrorCode,
    reason: Reason,
    description: string,
    options: {
      readonly detail?: string;
      readonly cause?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
      readonly status?: number;
    } = {},
  ) {
    super(`${code}: ${reason}`, { cause: options.cause });
    this.code = code;
    this.reason = reason;
    this.description = description;
    this.detail = options.detail;
    this.headers = options.headers ?? {};
    this.status = options.status ?? STATUS[code];
  }
}
