import { serverDecider } from "@grantline/domain/server";
import { upstreamDecider } from "@grantline/domain/upstream";
import type { AdminParts } from "@grantline/admin";
import { gatewayOrigin, type Config } from "@grantline/config";
import type { StreamRuntime } from "@grantline/event-store";
import { createSafeExchange, createSafeFetch, namedPlaces, type Resolve } from "@grantline/oauth/outbound";
import type { Logger, Metrics } from "@grantline/telemetry";
import { createUpstreamSide, type UpstreamSide } from "@grantline/upstream";
import type { Closing } from "./closing.ts";
import type { Duty } from "./duties.ts";
import { lazySecretStore } from "./secret-store.ts";

export interface UpstreamOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "upstreamRefreshed"> | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly context: AdminParts;
  readonly runtime: StreamRuntime;
  readonly outbound: { readonly allowInsecureLoopback: boolean; readonly resolve?: Resolve };
}

/** The side towards third-party servers. Secrets are not answered from the store's memory: what is kept goes by the stream, not by time. */
export function upstreamSide({ config, log, metrics, env, context, runtime, outbound }: UpstreamOptions, closing: Closing): UpstreamSide {
  const { gateway, secrets } = config;
  const store = lazySecretStore({
    config: { ...config, secrets: { ...secrets, cache: 0 } },
    env,
    onTrouble: (what) => log.warn({ what }, "secret stores"),
  });
  closing.later(() => store.close());
  const named = namedPlaces(gateway.privateUpstreams);
  return createUpstreamSide({
    ...context,
    gateway: { origin: gatewayOrigin(config), providers: gateway.providers, refreshAhead: gateway.refreshAhead },
    servers: runtime.repository(serverDecider),
    upstreams: runtime.repository(upstreamDecider),
    secrets: store,
    // what operators set up may be in our own network, where they said so
    fetcher: createSafeFetch({ ...outbound, named, clock: context.clock }),
    exchange: createSafeExchange({ ...outbound, named }),
    outside: { fetcher: createSafeFetch({ ...outbound, clock: context.clock }), exchange: createSafeExchange(outbound) },
    log,
    metrics,
  });
}

/** Its duties, where one process does everything and holds no lease. */
export function upstreamDuties({ duties }: UpstreamSide): readonly Duty[] {
  return duties.map(({ name, everySeconds, run }) => ({ name, everySeconds, run: () => run({ assertHeld: () => Promise.resolve() }) }));
}
