import { Cluster, Redis } from "ioredis";
import { clusterOptions, nodeOptions } from "./client-options.ts";
import { RedisUnavailable } from "./unavailable.ts";

export type Client = Redis | Cluster;

/** The connections of a process to one Redis or one Redis Cluster. */
export interface Link {
  /** The client, when it can take commands. Throws RedisUnavailable. */
  client(): Client;
  /** Known after the first contact. */
  clustered(): boolean;
  /** Connections to the masters; empty while there is none. */
  masters(): readonly Redis[];
  /** Resolves when it can take commands, or at the latest after `ms`. */
  ready(ms: number): Promise<void>;
  /** Calls back when a connection is made or lost, or the set of masters changes: who answers may be another than before. */
  onChange(listener: () => void): void;
  close(): void;
}

export type Trouble = (what: string, error: unknown) => void;

/** Begins to connect and goes on trying. Several addresses mean a cluster; of a single one the server is asked. */
export function openLink(urls: readonly string[], onTrouble: Trouble): Link {
  const [first] = urls;
  if (first === undefined) throw new TypeError("an address of Redis is needed");
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  let closed = false;
  let client: Client | undefined = urls.length > 1 ? openCluster(urls, onTrouble, changed) : undefined;
  const single = client === undefined ? openSingle(first, onTrouble, changed) : undefined;
  if (single !== undefined) {
    askWhetherClustered(single, (clustered) => {
      if (closed) return;
      if (clustered) single.disconnect();
      client = clustered ? openCluster(urls, onTrouble, changed) : single;
      changed();
    });
  }
  const usable = (): Client | undefined => (client?.status === "ready" ? client : undefined);
  return {
    client() {
      const now = usable();
      if (now === undefined) throw new RedisUnavailable("Redis is not connected");
      return now;
    },
    clustered: () => client instanceof Cluster,
    masters: () => mastersOf(usable()),
    onChange: (listener) => void listeners.add(listener),
    ready: (ms) => readiness(listeners, () => usable() !== undefined, ms),
    close() {
      closed = true;
      listeners.clear();
      single?.disconnect();
      client?.disconnect();
    },
  };
}

function mastersOf(client: Client | undefined): readonly Redis[] {
  if (client === undefined) return [];
  return client instanceof Cluster ? client.nodes("master") : [client];
}

function readiness(listeners: Set<() => void>, holds: () => boolean, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!holds()) return;
      listeners.delete(look);
      resolve();
    };
    listeners.add(look);
    setTimeout(resolve, ms).unref();
    look();
  });
}

function openSingle(url: string, onTrouble: Trouble, changed: () => void): Redis {
  const redis = new Redis(url, nodeOptions());
  redis.on("error", once("Redis can't be reached; trying again", onTrouble, redis));
  redis.on("ready", changed);
  redis.on("close", changed);
  return redis;
}

function openCluster(urls: readonly string[], onTrouble: Trouble, changed: () => void): Cluster {
  const cluster = new Cluster([...urls], clusterOptions(urls[0] as string));
  cluster.on("error", once("the Redis cluster can't be reached; trying again", onTrouble, cluster));
  cluster.on("node error", once("a node of the Redis cluster can't be reached; trying again", onTrouble, cluster));
  for (const event of ["ready", "close", "+node", "-node"] as const) cluster.on(event, changed);
  let masters = "";
  // A node that changes its role keeps its connection: only the list of masters shows it.
  cluster.on("refresh", () => {
    const now = cluster.nodes("master").map(({ options }) => `${options.host ?? ""}:${options.port ?? ""}`);
    const text = now.toSorted().join(" ");
    if (text !== masters) changed();
    masters = text;
  });
  return cluster;
}

/** Tells of the first failure only, until the connection stands again. */
function once(what: string, onTrouble: Trouble, client: Client): (error: unknown) => void {
  let told = false;
  client.on("ready", () => {
    told = false;
  });
  return (error) => {
    if (!told) onTrouble(what, error);
    told = true;
  };
}

function askWhetherClustered(redis: Redis, answer: (clustered: boolean) => void): void {
  const ask = async (): Promise<void> => {
    const text = await redis.info("cluster").catch(() => undefined);
    // Lost again before it could say: it is asked at the next connection.
    if (text === undefined) return;
    redis.off("ready", asking);
    answer(text.includes("cluster_enabled:1"));
  };
  const asking = (): void => void ask();
  redis.on("ready", asking);
}
