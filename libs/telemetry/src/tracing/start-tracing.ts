import { randomBytes } from "node:crypto";
import { createOtlpExporter } from "./otlp-exporter.ts";
import { parseTraceparent } from "./traceparent.ts";

export interface TracingOptions {
  readonly service: string;
  /** URL of an OTLP/HTTP collector; without it tracing is off. `/v1/traces` is added when it has no path. */
  readonly endpoint?: string;
  /** `name=value,name=value`, sent with each export. */
  readonly headers?: string;
  /** Hears when the collector does not take spans; default a process warning, at most one a minute. */
  readonly onError?: (error: unknown) => void;
}

/** What a span tells of a request: enough to find it, nothing that is in its parameters. */
export interface TracedRequest {
  readonly method: string;
  readonly traceparent?: string | undefined;
  readonly correlationId: string;
}

export interface Tracing {
  /** Records an answered request as a span; `startedMs` is a reading of `performance.now()`. Absent when tracing is off. */
  readonly request?: (endpoint: string, request: TracedRequest, status: number, startedMs: number) => void;
  /** Sends what is waiting. */
  stop(): Promise<void>;
}

/** Tracing costs nothing until it is configured. */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const { endpoint, service, onError = warnNowAndThen() } = options;
  if (endpoint === undefined) return { stop: async () => undefined };
  const exporter = createOtlpExporter({ url: traceUrl(endpoint), headers: parseHeaders(options.headers), service, onError });
  return {
    request(id, { method, traceparent, correlationId }, status, startedMs) {
      const parent = parseTraceparent(traceparent);
      // Trace Context §3.2.2.5: a caller that does not record asks us not to either
      if (parent !== undefined && !parent.sampled) return;
      exporter.add({
        traceId: parent?.traceId ?? randomBytes(16).toString("hex"),
        spanId: randomBytes(8).toString("hex"),
        ...(parent === undefined ? {} : { parentSpanId: parent.spanId }),
        name: `${method} ${id}`,
        startMs: performance.timeOrigin + startedMs,
        endMs: performance.timeOrigin + performance.now(),
        // HTTP semantic conventions: for a server only 5xx is its failure
        failed: status >= 500,
        attributes: {
          "http.request.method": method,
          "http.route": id,
          "http.response.status_code": status,
          "grantline.correlation_id": correlationId,
        },
      });
    },
    stop: () => exporter.stop(),
  };
}

function traceUrl(endpoint: string): string {
  const url = new URL(endpoint);
  if (url.pathname === "/") url.pathname = "/v1/traces";
  return url.href;
}

function parseHeaders(text = ""): Readonly<Record<string, string>> {
  const pairs = text.split(",").filter((pair) => pair.includes("="));
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")).trim(), pair.slice(pair.indexOf("=") + 1).trim()]));
}

function warnNowAndThen(): (error: unknown) => void {
  let lastMs = -Infinity;
  return (error) => {
    if (performance.now() - lastMs < 60_000) return;
    lastMs = performance.now();
    process.emitWarning(`traces could not be sent: ${error instanceof Error ? error.message : String(error)}`, "TracingWarning");
  };
}
