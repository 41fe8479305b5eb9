import { expect, it } from "vitest";
import { createMetrics } from "./metrics.ts";

it("tells apart what the bridge to other directories did within its promise and what is an alarm", async () => {
  const metrics = createMetrics();
  metrics.bridged("register", "done", 1.2);
  metrics.bridged("register", "done", 12);
  const text = await metrics.text();
  for (const line of [
    'grantline_bridge_duration_seconds_bucket{le="5",what="register",outcome="done"} 1',
    'grantline_bridge_duration_seconds_bucket{le="10",what="register",outcome="done"} 1',
    'grantline_bridge_duration_seconds_count{what="register",outcome="done"} 2',
  ])
    expect(text).toContain(`${line}\n`);
});
