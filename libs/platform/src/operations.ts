import type { Metrics } from "@grantline/telemetry";
import type { Endpoint } from "@grantline/oauth/http";
import { json } from "@grantline/oauth/http";
import type { Platform } from "./platform.ts";

export interface OperationsParts {
  readonly platform: Platform;
  /** Absent: no `/metrics`. */
  readonly metrics?: Pick<Metrics, "contentType" | "text">;
  /** What else this service needs to do its work, by name. */
  readonly checks?: Readonly<Record<string, () => Promise<boolean>>>;
  /** True once the instance has been told to stop: it answers, but wants no new work. */
  readonly draining: () => boolean;
}

/** Longest the event store may take to tell its head before we say we are not ready. */
const STORE_TIMEOUT_MS = 2_000;

/** What operators and orchestrators ask: is it alive, may it get traffic, how does it do. */
export function operationsEndpoints({ platform, metrics, draining, checks = {} }: OperationsParts): readonly Endpoint[] {
  const live: Endpoint = {
    id: "health-live",
    method: "GET",
    path: "/health/live",
    audience: "program",
    timeless: true,
    // Which of several processes behind one port it is: for operators who look for the one that differs.
    handle: () => json(200, { status: "live", pid: process.pid }),
  };
  const ready: Endpoint = {
    id: "health-ready",
    method: "GET",
    path: "/health/ready",
    audience: "program",
    timeless: true,
    handle: async () => {
      const store = await storeAnswers(platform);
      const keys = platform.context.signer.algs().length > 0;
      const others = await Promise.all(Object.entries(checks).map(async ([name, check]) => [name, await check()] as const));
      const ok = store && keys && !draining() && others.every(([, good]) => good);
      return json(ok ? 200 : 503, {
        status: ok ? "ready" : "not ready",
        checks: { event_store: store, signing_keys: keys, draining: draining(), ...Object.fromEntries(others) },
      });
    },
  };
  if (metrics === undefined) return [live, ready];
  const text: Endpoint = {
    id: "metrics",
    method: "GET",
    path: "/metrics",
    audience: "program",
    timeless: true,
    handle: async () => ({
      status: 200,
      headers: { "content-type": metrics.contentType, "cache-control": "no-store" },
      body: await metrics.text(),
    }),
  };
  return [live, ready, text];
}

async function storeAnswers(platform: Platform): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), STORE_TIMEOUT_MS);
  });
  const answer = platform.context.store.head().then(
    () => true,
    () => false,
  );
  const result = await Promise.race([answer, late]);
  clearTimeout(timer);
  return result;
}
