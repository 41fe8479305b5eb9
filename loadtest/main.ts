// Run by `npm run loadtest`; see README.md.
import type { Options } from "k6/options";
import { scenariosOf } from "./profiles.ts";
import { html } from "./summary.ts";

export { introspect } from "./scenarios/introspect.ts";
export { refresh } from "./scenarios/refresh.ts";
export { register } from "./scenarios/register.ts";
export { revoke } from "./scenarios/revoke.ts";
export { token } from "./scenarios/token.ts";

const { MIX = "mixed", PROFILE = "smoke", SCALE = "1", SUMMARY = "loadtest.html" } = __ENV;

/** The thresholds are the objectives (docs/scaling.md); k6 ends with 99 when one is missed. */
export const options: Options = {
  scenarios: scenariosOf(MIX, PROFILE, Number(SCALE)),
  summaryTrendStats: ["min", "med", "p(90)", "p(99)", "max"],
  noConnectionReuse: false,
  thresholds: {
    checks: ["rate==1"],
    http_req_failed: ["rate==0"],
    dropped_iterations: ["count==0"],
    "http_req_duration{name:introspect}": ["p(99)<50"],
    "http_req_duration{name:token}": ["p(99)<200"],
    "http_req_duration{name:refresh}": ["p(99)<200"],
    "http_req_duration{name:revoke}": ["p(99)<500"],
    "http_req_duration{name:register}": ["p(99)<500"],
    "http_reqs{name:introspect}": ["count>=0"],
    "http_reqs{name:token}": ["count>=0"],
    "http_reqs{name:refresh}": ["count>=0"],
    "http_reqs{name:revoke}": ["count>=0"],
    "http_reqs{name:register}": ["count>=0"],
  },
};

export function handleSummary(data: Parameters<typeof html>[0]): Record<string, string> {
  const page = html(data, `${MIX}, ${PROFILE}`);
  return { [SUMMARY]: page.html, stdout: page.text };
}
