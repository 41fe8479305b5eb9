import type { Config } from "@grantline/config";
import { problemResponse } from "@grantline/admin";
import type { RimOptions } from "@grantline/http";
import { errorPage } from "@grantline/oauth/pages";
import type { Platform } from "./platform.ts";
import type { Logger, Metrics, Tracing } from "@grantline/telemetry";

export interface Instruments {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
}

/** How the rim shows failures and where it counts them. */
export function rimOptions(config: Config, platform: Platform, { log, metrics, tracing }: Instruments): RimOptions {
  const { context } = platform;
  return {
    https: config.server.issuer.startsWith("https:"),
    ...(platform.upToDate === undefined ? {} : { upToDate: platform.upToDate }),
    views: {
      page: (error, { correlationId }) => {
        const page = errorPage({
          status: error.status,
          title: "This did not work",
          message: error.description,
          correlationId,
          basePath: config.server.basePath,
        });
        return { ...page, headers: { ...page.headers, ...error.headers } };
      },
      problem: (error, { correlationId }) => problemResponse(error, correlationId),
    },
    sinks: {
      security: context.security,
      limits: context.limits,
      refused: (endpoint, error, { correlationId }) => {
        metrics.refused(endpoint.id, error.reason);
        log.info({ correlationId, endpoint: endpoint.id, error: error.code, reason: error.reason, detail: error.detail }, "refused");
      },
      unexpected: (endpoint, error, { correlationId }) =>
        log.error({ correlationId, endpoint: endpoint.id, err: error }, "unexpected failure"),
    },
    observe: (endpoint, request, response, startedMs) => {
      const ms = performance.now() - startedMs;
      metrics.answered(endpoint.id, request.method, response.status, ms / 1000);
      if (log.isLevelEnabled("debug"))
        log.debug({ correlationId: request.correlationId, endpoint: endpoint.id, status: response.status, ms }, "answered");
      tracing.request?.(endpoint.id, request, response.status, startedMs);
    },
  };
}
