import { SecretStoreReadOnly, SecretStoreUnavailable, SecretUnreadable } from "../errors.ts";

export const KEY_VAULT = "key-vault";

/** What an answer of the service comes to. The SDK's error itself goes nowhere: it carries the request with its token and body. */
export type Trouble =
  | { readonly kind: "not-found" }
  | { readonly kind: "deleted" }
  /** Deletion, recovery or purge is under way; in seconds it is over. */
  | { readonly kind: "in-transition" }
  | { readonly kind: "disabled" }
  | { readonly kind: "forbidden" }
  | { readonly kind: "unavailable"; readonly message: string; readonly retryAfterMs?: number };

interface Shape {
  readonly name?: string;
  readonly code?: string;
  readonly statusCode?: number;
  readonly details?: { readonly error?: { readonly innerError?: { readonly code?: string } } };
  readonly response?: { readonly headers?: { get(name: string): string | undefined } };
}

export function troubleOf(error: unknown): Trouble {
  const { name, code, statusCode: status, details, response } = (error instanceof Error ? error : {}) as Shape;
  const inner = details?.error?.innerError?.code;
  if (status === 404) return { kind: "not-found" };
  if (status === 409 && inner === "ObjectIsDeletedButRecoverable") return { kind: "deleted" };
  if (status === 409) return { kind: "in-transition" };
  if (status === 403 && inner === "SecretDisabled") return { kind: "disabled" };
  if (status === 403) return { kind: "forbidden" };
  const after = retryAfterMs(response?.headers?.get("retry-after"));
  const message =
    status !== undefined
      ? `the vault answered ${status}${known(code)}`
      : name === "AbortError"
        ? "no answer in time"
        : `no answer${known(code) || known(name)}`;
  return { kind: "unavailable", message, ...(after === undefined ? {} : { retryAfterMs: after }) };
}

/** The error of the port for what no caller handles. An identity that may read and not write makes the vault read-only, not unavailable. */
export function failure(trouble: Trouble, writing: boolean): SecretStoreUnavailable | SecretStoreReadOnly | SecretUnreadable {
  if (trouble.kind === "forbidden" && writing)
    return new SecretStoreReadOnly(KEY_VAULT, "the vault does not let this identity write (403)");
  if (trouble.kind === "forbidden") return new SecretStoreUnavailable(KEY_VAULT, "the vault does not let this identity read (403)");
  if (trouble.kind === "disabled") return new SecretUnreadable(KEY_VAULT, "this secret is disabled in the vault");
  if (trouble.kind === "unavailable") return new SecretStoreUnavailable(KEY_VAULT, trouble.message, trouble.retryAfterMs);
  return new SecretStoreUnavailable(KEY_VAULT, "the vault is still deleting or recovering this secret");
}

/** Codes are words; anything else might quote something. */
function known(code: string | undefined): string {
  return code !== undefined && /^[A-Za-z_]{2,60}$/.test(code) ? ` (${code})` : "";
}

// RFC 9110 §10.2.3: seconds, or a date
function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,6}$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
