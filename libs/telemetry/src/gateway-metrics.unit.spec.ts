import { describe, expect, it } from "vitest";
import { createMetrics } from "./metrics.ts";

describe("the metrics of the gateway", () => {
  it("tell how calls, servers, streams, circuits and refreshes are", async () => {
    const metrics = createMetrics();
    metrics.gatewayCall("notes", "answered");
    metrics.gatewayCall("notes", "upstream-slow");
    metrics.upstreamAnswered("notes", 0.2);
    metrics.gatewayStreams(1);
    metrics.gatewayStreams(1);
    metrics.gatewayStreams(-1);
    metrics.gatewayCircuit("notes", true);
    metrics.gatewayCircuit("files", true);
    metrics.gatewayCircuit("files", false);
    metrics.upstreamRefreshed("github", "transient");
    const text = await metrics.text();
    for (const line of [
      'grantline_gateway_calls_total{server="notes",outcome="answered"} 1',
      'grantline_gateway_calls_total{server="notes",outcome="upstream-slow"} 1',
      'grantline_gateway_upstream_duration_seconds_bucket{le="0.1",server="notes"} 0',
      'grantline_gateway_upstream_duration_seconds_bucket{le="0.25",server="notes"} 1',
      "grantline_gateway_open_streams 1",
      'grantline_gateway_circuits_open{server="notes"} 1',
      'grantline_gateway_circuits_open{server="files"} 0',
      'grantline_upstream_refreshes_total{provider="github",outcome="transient"} 1',
    ])
      expect(text).toContain(`${line}\n`);
  });

  it("keep so many servers and providers apart and no more, however many there are", async () => {
    const metrics = createMetrics();
    for (let n = 0; n < 1_000; n += 1) {
      metrics.gatewayCall(`s${n}`, "answered");
      metrics.upstreamAnswered(`s${n}`, 1);
      metrics.upstreamRefreshed(`p${n}`, "done");
    }
    const lines = (await metrics.text()).split("\n");
    const series = (start: string) => lines.filter((line) => line.startsWith(start)).length;
    expect(series("grantline_gateway_calls_total{")).toBe(201);
    expect(series("grantline_gateway_upstream_duration_seconds_count{")).toBe(201);
    expect(series("grantline_upstream_refreshes_total{")).toBe(51);
    expect(lines).toContain('grantline_gateway_calls_total{server="other",outcome="answered"} 800');
  });
});
