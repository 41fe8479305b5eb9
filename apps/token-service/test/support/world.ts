import { createLogVerifier, type StoredEvent } from "@grantline/event-store";
import { openPostgresEventLog } from "@grantline/event-store-postgres";
import { register, type Registered } from "@grantline/testing";
import { startDistributed, type Distributed, type DistributedOptions } from "@grantline/testing/distributed";
import { noOwnPostgres, noRedis } from "@grantline/testing/ground";
import { Instance } from "./instance.ts";

export const JWT = "https://jwt.example/mcp";
export const OPAQUE = "https://opaque.example/mcp";
export const CALLBACK = "https://client.example/callback";

/** True where the engines can't be had; the specs then skip by name. */
export const noEngines: boolean = noOwnPostgres || noRedis;

export interface Credentials {
  readonly client_id: string;
  readonly client_secret: string;
}

/** Three token-services and two client-registries on PostgreSQL and Redis of their own. */
export interface World extends Distributed {
  /** The token-services, each past the front. */
  readonly instances: readonly Instance[];
  /** In turn. */
  instance(n: number): Instance;
  /** The resource's own client, which may introspect its tokens. */
  readonly rs: Readonly<Record<typeof JWT | typeof OPAQUE, Credentials & { readonly resource_id: string }>>;
  readonly app: Registered;
  /** As `app`, without a retry window. */
  readonly strict: Registered;
  readonly machine: Credentials;
}

export async function startWorld(options: DistributedOptions = {}): Promise<World> {
  const distributed = await startDistributed({
    ...options,
    instances: { "token-service": 3, "client-registry": 2, "audit-projector": 0, ...options.instances },
    env: { GRANTLINE_REFRESH_RETRY_WINDOW: "300", ...options.env },
  });
  try {
    return await furnish(distributed);
  } catch (error) {
    await distributed.stop();
    throw error;
  }
}

async function furnish(distributed: Distributed): Promise<World> {
  const { admin, issuer } = distributed;
  const [jwt, opaque] = await Promise.all([
    admin.resource(JWT, ["read", "write"], { token_policy: { format: "jwt" } }),
    admin.resource(OPAQUE, ["read", "write"], { token_policy: { format: "opaque" } }),
  ]);
  const strict = await register(issuer);
  await admin.call("PATCH", `/clients/${strict.client_id}`, { settings: { refresh_retry_window: 0 } });
  const instances = distributed.all("token-service").map(({ origin }) => new Instance(origin));
  return {
    ...distributed,
    instances,
    instance: (n) => instances[n % instances.length] as Instance,
    rs: { [JWT]: jwt, [OPAQUE]: opaque },
    app: await register(issuer),
    strict,
    machine: await admin.machine(),
  };
}

/** Every event of the streams that begin so, as PostgreSQL has them. */
export async function eventsOf(world: Distributed, prefix: string): Promise<readonly StoredEvent[]> {
  const log = await openPostgresEventLog({ url: world.env["GRANTLINE_POSTGRES_URL"] as string });
  try {
    const found: StoredEvent[] = [];
    for await (const { event } of log.inStreamOrder()) if (event.stream.startsWith(prefix)) found.push(event);
    return found;
  } finally {
    await log.close();
  }
}

export async function typesOf(world: Distributed, prefix: string): Promise<readonly string[]> {
  return (await eventsOf(world, prefix)).map(({ type }) => type);
}

/** The chains of the whole log, recomputed. */
export async function verifyWorld(world: Distributed): Promise<string> {
  const log = await openPostgresEventLog({ url: world.env["GRANTLINE_POSTGRES_URL"] as string });
  try {
    const verifier = createLogVerifier();
    for await (const entry of log.inStreamOrder()) verifier.take(entry);
    return verifier.result().kind;
  } finally {
    await log.close();
  }
}
