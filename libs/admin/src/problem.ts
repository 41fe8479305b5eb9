import { OAuthError } from "@grantline/oauth/errors";
import type { HttpResponse } from "@grantline/oauth/http";
import { BadCursor, ProjectionsBehind } from "@grantline/read-model";

/** Kebab ids of what can be wrong with an admin request; the last part of the problem's `type`. */
export type ProblemId =
  | "body-malformed"
  | "value-not-allowed"
  | "not-found"
  | "already-exists"
  | "state-conflict"
  | "cursor-unknown"
  | "access-policy-required"
  | "admin-scope-required"
  | "idempotency-key-malformed"
  | "idempotency-key-reused"
  | "idempotency-key-busy"
  | "idempotency-answer-gone"
  | "read-model-behind";

const TITLES: Readonly<Record<ProblemId, string>> = {
  "body-malformed": "The body is not a JSON object",
  "value-not-allowed": "A value is not allowed",
  "not-found": "There is no such thing",
  "already-exists": "It exists already",
  "state-conflict": "Not possible in its present state",
  "cursor-unknown": "The cursor is not one of ours",
  "access-policy-required": "A new resource needs an access policy",
  "admin-scope-required": "Only a full administrator may do this",
  "idempotency-key-malformed": "The Idempotency-Key is malformed",
  "idempotency-key-reused": "The Idempotency-Key was used for another request",
  "idempotency-key-busy": "The first request with this Idempotency-Key is still running",
  "idempotency-answer-gone": "The answer of the first request is no longer available",
  "read-model-behind": "The listing is not up to date yet",
};

/** A refusal of the admin API. `detail` is public: nothing secret, nothing echoed. */
export class AdminProblem extends Error {
  override readonly name = "AdminProblem";
  readonly status: number;
  readonly id: ProblemId;
  readonly detail: string;
  /** Where in the request, and what: `{path: "settings.entity", message: …}`. */
  readonly errors: readonly { readonly path: string; readonly message: string }[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    id: ProblemId,
    detail: string,
    options: {
      readonly errors?: AdminProblem["errors"];
      readonly headers?: Readonly<Record<string, string>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(`${id}: ${detail}`, { cause: options.cause });
    this.status = status;
    this.id = id;
    this.detail = detail;
    this.errors = options.errors ?? [];
    this.headers = options.headers ?? {};
  }
}

/** RFC 9457 problem details of an error this API knows; undefined for any other, which is a 500 and says nothing. */
export function problemResponse(error: unknown, correlationId: string): HttpResponse | undefined {
  const known = error instanceof OAuthError ? fromOAuth(error) : fromProblem(asProblem(error));
  if (known === undefined) return undefined;
  const { id, headers, title, status, detail, more } = known;
  return {
    status,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store", ...headers },
    body: JSON.stringify({ type: `urn:grantline:problem:${id}`, title, status, detail, correlation_id: correlationId, ...more }),
  };
}

interface Shown {
  readonly status: number;
  readonly id: string;
  readonly title: string;
  readonly detail: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly more: object;
}

function fromOAuth({ status, reason: id, code, description: detail, headers }: OAuthError): Shown {
  return { status, id, title: titleOf(code), detail, headers, more: { error: code } };
}

function fromProblem(problem: AdminProblem | undefined): Shown | undefined {
  if (problem === undefined) return undefined;
  const { status, id, detail, headers, errors } = problem;
  return { status, id, title: TITLES[id], detail, headers, more: errors.length === 0 ? {} : { errors } };
}

function asProblem(error: unknown): AdminProblem | undefined {
  if (error instanceof BadCursor) return new AdminProblem(400, "cursor-unknown", "Begin again without a cursor.");
  if (error instanceof ProjectionsBehind)
    return new AdminProblem(503, "read-model-behind", "Try again in a moment.", { headers: { "retry-after": "2" } });
  return error instanceof AdminProblem ? error : undefined;
}

function titleOf(code: string): string {
  const words = code.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
