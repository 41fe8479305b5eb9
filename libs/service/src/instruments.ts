import { setDefaultAutoSelectFamilyAttemptTimeout } from "node:net";
import type { Config } from "@grantline/config";
import type { Instruments } from "@grantline/platform";
import { createLogger, createMetrics, startTracing } from "@grantline/telemetry";

/**
 * For each address of a name we connect to. Node's own quarter of a second is over when a server is far away or this process was busy: then a connection
 * that stands is taken for one that timed out, and where the other address is of no use here (IPv6) nothing is reached at all.
 */
const EACH_ADDRESS_MS = 2_500;

/** Logs, metrics and traces of one process, under its name. */
export async function instrument({ telemetry }: Config, service: string): Promise<Instruments> {
  setDefaultAutoSelectFamilyAttemptTimeout(EACH_ADDRESS_MS);
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
