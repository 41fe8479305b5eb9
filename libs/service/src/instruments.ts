import type { Config } from "@grantline/config";
import type { Instruments } from "@grantline/platform";
import { createLogger, createMetrics, startTracing } from "@grantline/telemetry";

/** Logs, metrics and traces of one process, under its name. */
export async function instrument({ telemetry }: Config, service: string): Promise<Instruments> {
  return {
    // the announcement has standard output to itself
    log: createLogger({ level: telemetry.logLevel, service, destination: process.stderr }),
    metrics: createMetrics(),
    tracing: await startTracing({
      service,
      ...(telemetry.otlpEndpoint === undefined ? {} : { endpoint: telemetry.otlpEndpoint }),
      ...(telemetry.otlpHeaders === undefined ? {} : { headers: telemetry.otlpHeaders }),
    }),
  };
}
