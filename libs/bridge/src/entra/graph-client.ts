import { setTimeout as pause } from "node:timers/promises";
import type { Fetch } from "../fetch.port.ts";
import { TargetRefused, TargetUnavailable } from "../target.port.ts";

/** A credential of @azure/identity, as far as it is used. */
export interface TokenSource {
  getToken(scope: string, options?: { readonly abortSignal?: AbortSignal }): Promise<{ readonly token: string } | null>;
}

export interface GraphOptions {
  /** `https://graph.microsoft.com`, or a national cloud's. */
  readonly url: string;
  readonly credential: TokenSource;
  readonly fetch?: Fetch;
}

export interface GraphCall {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below `/v1.0`. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** 404 right after a creation may only mean that not every replica has heard of it: asked again until the time is up. */
  readonly awaits?: boolean;
  /** Not to be sent again once it may have been carried out: each time would make something new. */
  readonly once?: boolean;
}

export interface GraphAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface CallRun {
  readonly signal: AbortSignal;
  readonly correlationId: string;
}

export interface Graph {
  /** 2xx and 404 are answers. @throws TargetRefused, TargetUnavailable */
  call(call: GraphCall, run: CallRun): Promise<GraphAnswer>;
}

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;
const ONE_TRY_MS = 10_000;
/** Worth another try: throttled, conflict of two writes, gateways and outages. */
const AGAIN = new Set([408, 409, 412, 429, 500, 502, 503, 504]);

/** Of those, the ones that say that nothing was done. */
const NOT_DONE = new Set([404, 409, 412, 429, 503]);

/** Microsoft Graph over HTTP: throttling honoured, what passes by itself tried again for as long as the run has time. */
export function createGraph({ url, credential, fetch: send = fetch as Fetch }: GraphOptions): Graph {
  const scope = `${url}/.default`;

  async function once(
    call: GraphCall,
    { signal, correlationId }: CallRun,
  ): Promise<{ answer: GraphAnswer; retryAfterMs: number | undefined }> {
    const token = await credential.getToken(scope, { abortSignal: signal });
    if (token === null) throw new TargetRefused("target-credentials-refused", "Microsoft Entra gave the bridge no token");
    const response = await send(`${url}/v1.0${call.path}`, {
      method: call.method,
      headers: {
        authorization: `Bearer ${token.token}`,
        "client-request-id": correlationId,
        ...(call.body === undefined ? {} : { "content-type": "application/json" }),
        ...call.headers,
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      redirect: "error",
      signal: AbortSignal.any([signal, AbortSignal.timeout(ONE_TRY_MS)]),
    });
    const text = await response.text();
    return { answer: { status: response.status, body: objectOf(text) }, retryAfterMs: retryAfterOf(response.headers) };
  }

  return {
    async call(call, run) {
      let waitMs = FIRST_WAIT_MS;
      for (;;) {
        const tried = await once(call, run).catch((error: unknown) => failureOf(error));
        if (tried instanceof Error) {
          if (tried instanceof TargetRefused || call.once === true) throw tried;
          await rest(waitMs, run.signal, tried.message);
        } else {
          const { answer, retryAfterMs } = tried;
          const { status } = answer;
          if (!AGAIN.has(status) && !(status === 404 && call.awaits === true)) return settled(call, answer);
          if (call.once === true && !NOT_DONE.has(status)) throw new TargetUnavailable(`Microsoft Graph said ${status}`);
          await rest(retryAfterMs ?? waitMs, run.signal, `Microsoft Graph said ${status}`);
        }
        waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
      }
    },
  };
}

function settled(call: GraphCall, answer: GraphAnswer): GraphAnswer {
  const { status, body } = answer;
  if ((status >= 200 && status < 300) || status === 404) return answer;
  const code = codeOf(body);
  if (status === 401 || status === 403)
    throw new TargetRefused("target-forbidden", `Microsoft Graph refuses the bridge itself at ${call.method}: ${status} ${code}`);
  throw new TargetRefused("target-refused", `Microsoft Graph refused ${call.method}: ${status} ${code}`);
}

/** Only the code: messages may repeat what was sent. */
function codeOf(body: Readonly<Record<string, unknown>>): string {
  const code = (body["error"] as { code?: unknown } | undefined)?.code;
  return typeof code === "string" && /^[A-Za-z0-9_.]{1,80}$/.test(code) ? code : "without a code";
}

/** Errors of SDKs carry requests and headers, so none of them becomes a cause. */
function failureOf(error: unknown): TargetRefused | TargetUnavailable {
  if (error instanceof TargetRefused) return error;
  const name = error instanceof Error ? error.name : "";
  if (name === "AuthenticationError" || name === "AuthenticationRequiredError") {
    const { statusCode = 0, errorResponse } = error as { statusCode?: number; errorResponse?: { error?: string } };
    const code = errorResponse?.error ?? "no code";
    if (statusCode >= 400 && statusCode < 500 && statusCode !== 429)
      return new TargetRefused("target-credentials-refused", `Microsoft Entra refuses the bridge's credentials: ${statusCode} ${code}`);
  }
  if (name === "CredentialUnavailableError")
    return new TargetRefused("target-credentials-refused", "the bridge has no credentials for Microsoft Entra");
  return new TargetUnavailable(`Microsoft Graph could not be reached (${name})`);
}

/** Graph asks for seconds, or names a date (RFC 9110 §10.2.3). */
function retryAfterOf(headers: Headers): number | undefined {
  const text = headers.get("retry-after");
  if (text === null) return undefined;
  const ms = /^\d{1,6}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** Waits, unless the run ends before: then nobody has to wait for that. */
async function rest(ms: number, signal: AbortSignal, why: string): Promise<void> {
  const over = await pause(ms, "rested", { signal }).catch(() => undefined);
  if (over === undefined) throw new TargetUnavailable(why, Math.max(1, Math.ceil(ms / 1_000)));
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text === "" ? "{}" : text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // an error page of something between us; its status says all there is to know
  }
}
