import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { startTracing } from "./start-tracing.ts";

interface Received {
  readonly url: string;
  readonly headers: Record<string, unknown>;
  readonly body: ExportRequest;
}
interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly object[] };
    readonly scopeSpans: readonly { readonly spans: readonly Record<string, unknown>[] }[];
  }[];
}

async function collector(status = 200) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      received.push({
        url: request.url ?? "",
        headers: request.headers,
        body: JSON.parse(Buffer.concat(chunks).toString()) as ExportRequest,
      });
      response.writeHead(status, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const spans = () =>
    received.flatMap(({ body }) => body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, spans, server };
}

const REQUEST = { method: "POST", correlationId: "c-1" };

// Real: HTTP to a collector. Fake: the collector only keeps what it gets.
describe("tracing", () => {
  it("is off unless it is configured", async () => {
    const tracing = await startTracing({ service: "test" });
    expect(tracing.request).toBeUndefined();
    await tracing.stop();
  });

  it("sends a span per request to the collector when it stops, with the headers asked for", async () => {
    const { endpoint, received, spans } = await collector();
    const tracing = await startTracing({ service: "grantline", endpoint, headers: "x-api-key=abc==,x-team=a" });
    const before = Date.now();
    tracing.request?.("token", REQUEST, 200, performance.now() - 20);
    tracing.request?.("token", REQUEST, 503, performance.now());
    tracing.request?.("token", REQUEST, 401, performance.now());
    await tracing.stop();
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({
      url: "/v1/traces",
      headers: { "content-type": "application/json", "x-api-key": "abc==", "x-team": "a" },
    });
    expect(received[0]?.body.resourceSpans[0]?.resource.attributes).toContainEqual({
      key: "service.name",
      value: { stringValue: "grantline" },
    });
    const [ok, failed, refused] = spans();
    expect(ok).toMatchObject({
      name: "POST token",
      kind: 2,
      status: {},
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect(ok?.["attributes"]).toContainEqual({ key: "http.response.status_code", value: { intValue: "200" } });
    expect(ok?.["attributes"]).toContainEqual({ key: "grantline.correlation_id", value: { stringValue: "c-1" } });
    expect(failed?.["status"]).toEqual({ code: 2 });
    expect(refused?.["status"]).toEqual({});
    const [start, end] = [Number(ok?.["startTimeUnixNano"]) / 1e6, Number(ok?.["endTimeUnixNano"]) / 1e6];
    expect(end - start).toBeGreaterThanOrEqual(19);
    expect(Math.abs(end - before)).toBeLessThan(5_000);
  });

  it("continues the caller's trace, and keeps quiet for a caller that does not record", async () => {
    const { endpoint, spans } = await collector();
    const tracing = await startTracing({ service: "test", endpoint });
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    tracing.request?.("token", { ...REQUEST, traceparent: `00-${traceId}-b7ad6b7169203331-01` }, 200, performance.now());
    tracing.request?.("token", { ...REQUEST, traceparent: `00-${traceId}-b7ad6b7169203331-00` }, 200, performance.now());
    await tracing.stop();
    expect(spans()).toHaveLength(1);
    expect(spans()[0]).toMatchObject({ traceId, parentSpanId: "b7ad6b7169203331" });
  });

  it("uses the collector's own path when its URL has one", async () => {
    const { endpoint, received } = await collector();
    const tracing = await startTracing({ service: "test", endpoint: `${endpoint}/otlp/traces` });
    tracing.request?.("token", REQUEST, 200, performance.now());
    await tracing.stop();
    expect(received[0]?.url).toBe("/otlp/traces");
  });

  it("sends a full batch without waiting", async () => {
    const { endpoint, spans } = await collector();
    const tracing = await startTracing({ service: "test", endpoint });
    for (let count = 0; count < 512; count += 1) tracing.request?.("token", REQUEST, 200, performance.now());
    await expect.poll(() => spans().length).toBe(512);
    await tracing.stop();
  });

  it("tells that the collector refuses or is away, loses those spans and harms nobody", async () => {
    const errors: string[] = [];
    const onError = (error: unknown) => void errors.push(String(error));
    const refusing = await collector(429);
    const tracing = await startTracing({ service: "test", endpoint: refusing.endpoint, onError });
    tracing.request?.("token", REQUEST, 200, performance.now());
    await tracing.stop();
    expect(errors).toEqual(["Error: the collector answered 429"]);
    refusing.server.closeAllConnections();
    await new Promise((resolve) => refusing.server.close(resolve));
    const gone = await startTracing({ service: "test", endpoint: refusing.endpoint, onError });
    for (let count = 0; count < 10_000; count += 1) gone.request?.("token", REQUEST, 200, performance.now());
    await gone.stop();
    expect(errors.length).toBeGreaterThan(1);
  });
});
