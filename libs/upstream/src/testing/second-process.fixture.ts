import { serverDecider } from "@grantline/domain/server";
import { upstreamDecider } from "@grantline/domain/upstream";
import { createStreamRuntime } from "@grantline/event-store";
import { createSafeExchange } from "@grantline/oauth/outbound";
import { openSecretStore } from "@grantline/platform";
import type { SecretStore } from "@grantline/secrets";
import type { TestPlatform } from "@grantline/testing";
import type { UpstreamContext } from "../context.ts";
import { createUpstreamSide, type UpstreamSide } from "../upstream-side.ts";

export interface Process {
  readonly side: UpstreamSide;
  readonly context: UpstreamContext;
  readonly secrets: SecretStore;
}

/**
 * Another process on the same stores, as far as connections are concerned: its own memory of states, tokens and running requests, its own connection to the secret
 * store; of the platform it shares the log and the clock alone. `changed`: parts it has in its own way.
 */
export async function processBeside(
  platform: TestPlatform,
  env: Readonly<Record<string, string>>,
  changed: (context: UpstreamContext) => Partial<UpstreamContext> = () => ({}),
): Promise<Process> {
  const { context, config } = platform;
  const runtime = createStreamRuntime({ store: context.store, clock: context.clock, region: config.server.region, service: "beside" });
  const secrets = await openSecretStore({ config: { ...config, secrets: { ...config.secrets, cache: 0 } }, env });
  const plain: UpstreamContext = {
    ...context,
    gateway: { origin: platform.origin, providers: config.gateway.providers, refreshAhead: config.gateway.refreshAhead },
    servers: runtime.repository(serverDecider),
    upstreams: runtime.repository(upstreamDecider),
    secrets,
    fetcher: platform.platform.fetcher,
    exchange: createSafeExchange({ allowInsecureLoopback: true }),
    outside: { fetcher: platform.platform.fetcher, exchange: createSafeExchange({ allowInsecureLoopback: true }) },
    log: { info: () => undefined, warn: () => undefined },
  };
  const whole = { ...plain, ...changed(plain) };
  return { side: createUpstreamSide(whole), context: whole, secrets };
}
