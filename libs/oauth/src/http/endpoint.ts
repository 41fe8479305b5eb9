import type { OAuthError } from "../errors/index.ts";

/** A request, free of any framework. Header names are lower case. */
export interface HttpRequest {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  /** Raw query string without "?", "" when none. */
  readonly query: string;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Body text; undefined when there was none. */
  readonly body: string | undefined;
  /** The client's address, after trusted proxies. */
  readonly ip: string;
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
  /** Aborts when the client has gone, or has its answer. Made when first asked for. */
  readonly gone?: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
  /**
   * Instead of a body: text (or bytes) as it comes, no faster than the client reads. `return` is called when the client has gone or the server drains; a throw cuts
   * the connection, so that nobody takes half an answer for a whole one.
   */
  readonly stream?: AsyncIterable<string | Uint8Array>;
  /** Set where an answer that is no error to HTTP refuses all the same (a redirect with `error`): the rim logs and counts it. */
  readonly refused?: OAuthError;
}

export interface Endpoint {
  /** Stable, kebab: names the endpoint in metrics, limits and logs. */
  readonly id: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** From the origin's root. Parameters as `:name`. */
  readonly path: string;
  /** What a body may be; others get 415. Absent: no body is read. */
  readonly accepts?: "form" | "json";
  /** Bytes; default 64 kB. More gets 413. */
  readonly bodyLimit?: number;
  /** `*` without credentials, with preflight. Never on pages or the authorization endpoint (RFC 9700 §2.6). */
  readonly cors?: boolean;
  /** Who looks at errors: a program (JSON), a person (page), or an admin program (problem+json). */
  readonly audience: "program" | "person" | "admin";
  /** Says nothing of what was appended (health, metrics): answered without asking what other processes have done. */
  readonly timeless?: boolean;
  readonly handle: (request: HttpRequest) => Promise<HttpResponse> | HttpResponse;
  /** OpenAPI 3.1 operation, made from zod schemas in the slice. */
  readonly openapi?: Readonly<Record<string, unknown>>;
}
