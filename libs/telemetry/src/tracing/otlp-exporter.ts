/** One finished piece of work. Times are epoch milliseconds, with fractions. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, string | number>>;
}

export interface ExporterOptions {
  /** Full URL of the collector's trace endpoint. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly service: string;
  readonly onError: (error: unknown) => void;
}

export interface SpanExporter {
  add(span: Span): void;
  /** Sends what is waiting. Failures go to `onError`. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

const BATCH = 512;
/** A collector that is away must not cost us memory: beyond this, spans are dropped. */
const MOST_WAITING = 4096;
const EVERY_MS = 5_000;
const TIMEOUT_MS = 10_000;
const SERVER_KIND = 2;
const STATUS_ERROR = 2;

/** Sends spans in batches by OTLP/HTTP with JSON (opentelemetry-proto, trace service). */
export function createOtlpExporter(options: ExporterOptions): SpanExporter {
  let waiting: Span[] = [];
  let sending: Promise<void> = Promise.resolve();
  const sendAll = async (): Promise<void> => {
    let taken = true;
    while (taken && waiting.length > 0) {
      const batch = waiting.slice(0, BATCH);
      waiting = waiting.slice(BATCH);
      taken = await send(batch, options);
    }
  };
  const flush = (): Promise<void> => {
    sending = sending.then(sendAll);
    return sending;
  };
  const timer = setInterval(() => void flush(), EVERY_MS).unref();
  return {
    add(span) {
      if (waiting.length >= MOST_WAITING) return;
      waiting.push(span);
      if (waiting.length === BATCH) void flush();
    },
    flush,
    async stop() {
      clearInterval(timer);
      await flush();
    },
  };
}

/** False when the collector did not take the batch: that is told, and the batch lost. Traces are no record; the event log is. */
async function send(batch: readonly Span[], { url, headers, service, onError }: ExporterOptions): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(exportRequest(batch, service)),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: "error",
    });
    await response.body?.cancel();
    if (response.ok) return true;
    throw new Error(`the collector answered ${response.status}`);
  } catch (error) {
    onError(error);
    return false;
  }
}

function exportRequest(batch: readonly Span[], service: string) {
  const resource = { attributes: attributesOf({ "service.name": service, "telemetry.sdk.language": "nodejs" }) };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "grantline" }, spans: batch.map(spanOf) }] }] };
}

function spanOf(span: Span) {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: SERVER_KIND,
    startTimeUnixNano: nanoseconds(span.startMs),
    endTimeUnixNano: nanoseconds(span.endMs),
    attributes: attributesOf(span.attributes),
    status: span.failed ? { code: STATUS_ERROR } : {},
  };
}

/** 64-bit numbers are decimal strings in OTLP's JSON. */
function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms * 1000)) * 1000n);
}

function attributesOf(attributes: Span["attributes"]) {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === "string" ? { stringValue: value } : { intValue: String(Math.round(value)) },
  }));
}
