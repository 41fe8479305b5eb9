import { z } from "zod";
import { choice, flag, text } from "../kinds.ts";

/** What is told to the outside: logs, metrics, traces. */
export const telemetry = z.strictObject({
  logLevel: choice(
    { env: "GRANTLINE_LOG_LEVEL", doc: "Least important log lines that are written." },
    ["fatal", "error", "warn", "info", "debug", "trace", "silent"],
    "info",
  ),
  metrics: flag(true, { env: "GRANTLINE_METRICS", doc: "Whether Prometheus metrics are served at `/metrics`." }),
  otlpEndpoint: text(z.url({ protocol: /^https?$/ }).optional(), {
    env: "GRANTLINE_OTLP_ENDPOINT",
    allowed: "the http or https URL of an OpenTelemetry collector, such as http://localhost:4318",
    defaultText: "none: tracing is off",
    doc: "Where traces are sent by OTLP over HTTP; `/v1/traces` is added when the URL has no path.",
  }),
  otlpHeaders: text(
    z
      .string()
      .regex(/^[^=,\s]+=[^,]*(,[^=,\s]+=[^,]*)*$/)
      .optional(),
    {
      env: "GRANTLINE_OTLP_HEADERS",
      secret: true,
      allowed: "name=value pairs separated by commas",
      defaultText: "none",
      doc: "Headers for the collector, such as its API key.",
    },
  ),
});
