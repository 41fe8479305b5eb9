import { describe, expect, it } from "vitest";
import { createMetrics, mergedText } from "./metrics.ts";

function filled() {
  const metrics = createMetrics();
  metrics.answered("token", "POST", 200, 0.004);
  metrics.refused("token", "client-secret-wrong");
  metrics.tokenIssued("client_credentials", "jwt");
  metrics.rateLimited("failure");
  metrics.appended("grant", 3);
  metrics.projection("grants", { behind: 5, lagSeconds: 0.2, parked: 1 });
  return metrics;
}

describe("the metrics", () => {
  it("are told in the Prometheus text format with those of the process", async () => {
    const text = await filled().text();
    for (const line of [
      'grantline_http_request_duration_seconds_bucket{le="0.005",endpoint="token",method="POST",status="200"} 1',
      'grantline_http_request_duration_seconds_bucket{le="0.002",endpoint="token",method="POST",status="200"} 0',
      'grantline_http_request_duration_seconds_count{endpoint="token",method="POST",status="200"} 1',
      'grantline_refusals_total{endpoint="token",reason="client-secret-wrong"} 1',
      'grantline_tokens_issued_total{grant_type="client_credentials",format="jwt"} 1',
      'grantline_rate_limited_total{kind="failure"} 1',
      'grantline_events_appended_total{stream="grant"} 3',
      'grantline_projection_behind_events{projection="grants"} 5',
      'grantline_projection_lag_seconds{projection="grants"} 0.2',
      'grantline_projection_parked_events{projection="grants"} 1',
    ])
      expect(text).toContain(`${line}\n`);
    expect(text).toContain("process_resident_memory_bytes");
    expect(text).toContain("nodejs_eventloop_lag_seconds");
    expect(filled().contentType).toMatch(/^text\/plain; version=0\.0\.4/);
  });

  it("say where the feed and the clients' secrets stand", async () => {
    const metrics = createMetrics();
    metrics.feed("relay", { behind: 3, lagSeconds: 1.5, published: 7 });
    metrics.feed("relay", { published: 2 });
    metrics.feed("siem", { parked: 1 });
    metrics.secretsEnding(2, 1);
    const text = await metrics.text();
    for (const line of [
      'grantline_feed_behind_events{feed="relay"} 3',
      'grantline_feed_lag_seconds{feed="relay"} 1.5',
      'grantline_feed_published_events_total{feed="relay"} 9',
      'grantline_feed_parked_events{feed="siem"} 1',
      'grantline_client_secrets_ending{successor="yes"} 2',
      'grantline_client_secrets_ending{successor="no"} 1',
    ])
      expect(text).toContain(`${line}\n`);
    expect(text).not.toContain('grantline_feed_behind_events{feed="siem"}');
  });

  it("of two servers in one process do not mix", async () => {
    const [one, other] = [createMetrics(), createMetrics()];
    one.refused("token", "x");
    expect(await other.text()).not.toContain('reason="x"');
  });

  it("leave a gauge alone that is not told", async () => {
    const metrics = createMetrics();
    metrics.projection("grants", { behind: 5 });
    metrics.projection("grants", { parked: 0 });
    expect(await metrics.text()).toContain('grantline_projection_behind_events{projection="grants"} 5\n');
    expect(await metrics.text()).not.toContain("grantline_projection_lag_seconds{");
  });

  it("of several workers add up", async () => {
    const snapshots = [await filled().snapshot(), await filled().snapshot()];
    const text = await mergedText(structuredClone(snapshots));
    expect(text).toContain('grantline_events_appended_total{stream="grant"} 6\n');
    expect(text).toContain('grantline_http_request_duration_seconds_count{endpoint="token",method="POST",status="200"} 2\n');
  });
});
