import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { ServiceProcess } from "@grantline/testing/distributed";
import { BOUNDS, type Arena, type Cell, type Struck } from "../cell.ts";
import { topicHolds } from "./kafka.faults.ts";

const tokenService = ({ world }: Arena): ServiceProcess => world.platform.all("token-service")[0] as ServiceProcess;
const registry = ({ world }: Arena): ServiceProcess => world.platform.all("client-registry")[0] as ServiceProcess;

/** Stops one direction of a connection, lets users run into it, kills, and gives the connection back. */
function killedWithout(direction: "requests" | "answers"): Cell["strike"] {
  return async (arena) => {
    const [link] = arena.world.links.chosen({ engine: "postgres", service: "token-service", instance: 0 });
    await link?.cut(direction);
    await pause(arena.random.between(800, 1_600));
    const process = tokenService(arena);
    await process.signal("SIGKILL");
    await link?.heal();
    return { heal: process.start };
  };
}

/** The same for whoever works at a duty of the audit-projector, and its Redis. */
function killedWithoutRedis(duty: "projections" | "relay", direction: "requests" | "answers"): Cell["strike"] {
  return async (arena) => {
    const holder = arena.world.holderOf(duty);
    if (holder === undefined) throw new Error(`nobody works at ${duty}`);
    const [link] = arena.world.links.chosen({ engine: "redis", service: holder.service, instance: holder.instance });
    await link?.cut(direction);
    await pause(arena.random.between(1_500, 2_500));
    await holder.process.signal("SIGKILL");
    await link?.heal();
    return { duty, heal: holder.process.start };
  };
}

async function beforeRelay({ world }: Arena): Promise<Struck> {
  const both = world.platform.all("audit-projector");
  for (const one of both) await one.signal("SIGSTOP");
  await pause(3_000);
  for (const one of both) await one.signal("SIGKILL");
  return { heal: async () => void (await Promise.all(both.map((one) => one.start()))) };
}

const ROUNDS = 3;
/** A fold longer than 200 events leaves a snapshot. */
const LONG = 210;
let longClient: { readonly id: string; readonly name: string } | undefined;

/** A client with a long history is read by a process that has to fold all of it, which is killed somewhere around the snapshot. */
async function duringSnapshot(arena: Arena): Promise<Struck> {
  const { world, random } = arena;
  const { admin } = world.platform;
  const { client_id: id } = await admin.machine();
  for (let n = 0; n < LONG; n++) await admin.call("PATCH", `/clients/${id}`, { client_name: `Name ${n}` });
  longClient = { id, name: `Name ${LONG - 1}` };
  const process = registry(arena);
  const authorization = `Bearer ${await admin.token()}`;
  for (let n = 0; n < ROUNDS; n++) {
    await world.redis.flush();
    const reading = fetch(`${process.origin}/admin/v1/clients/${id}`, { headers: { authorization } }).catch(() => undefined);
    await pause(random.between(5, 60));
    await process.signal("SIGKILL");
    await reading;
    await process.start();
  }
  return { heal: async () => undefined };
}

async function longClientIsRight({ world }: Arena): Promise<readonly string[]> {
  const authorization = `Bearer ${await world.platform.admin.token()}`;
  const wrong: string[] = [];
  for (const { origin } of world.platform.all("client-registry")) {
    const response = await fetch(`${origin}/admin/v1/clients/${longClient?.id}`, { headers: { authorization } });
    const { client_name: name } = (await response.json()) as { readonly client_name?: string };
    if (name !== longClient?.name) wrong.push(`${origin} says ${response.status} and ${name} instead of ${longClient?.name}`);
  }
  return wrong;
}

/** Rotations asked for at an instance that is killed somewhere in the middle. Tokens signed before and after must all stay good. */
async function duringKeyRotation(arena: Arena): Promise<Struck> {
  const process = registry(arena);
  const authorization = `Bearer ${await arena.world.platform.admin.token()}`;
  for (let n = 0; n < ROUNDS; n++) {
    const rotating = fetch(`${process.origin}/admin/v1/keys/rotate`, { method: "POST", headers: { authorization } }).catch(() => undefined);
    await pause(arena.random.between(2, 50));
    await process.signal("SIGKILL");
    await rotating;
    await process.start();
  }
  return { heal: async () => undefined };
}

const REBUILD = join(import.meta.dirname, "..", "rebuild.ts");

/** A rebuild beside the running projections, killed at some moment up to the switch; the last one is left to finish. */
async function duringSwitch(arena: Arena): Promise<Struck> {
  const { world, random } = arena;
  for (let n = 0; n <= ROUNDS; n++) {
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", REBUILD], {
      env: { PATH: process.env["PATH"] ?? "", FAULTS_POSTGRES_URL: world.postgresUrl, FAULTS_REDIS_URL: world.redis.url },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    const last = n === ROUNDS;
    if (!last) {
      // it says so when it begins
      await new Promise((resolve) => child.stdout.once("data", resolve));
      await pause(random.between(0, 900));
      child.kill("SIGKILL");
    }
    const code = await ended;
    if (last && code !== 0) arena.load.history.broken(`the rebuild ended with ${code}`);
  }
  return { heal: async () => undefined };
}

const noHold = { full: 1, quick: 1 };

export const windowFaults: readonly Cell[] = [
  {
    id: "window/before-append",
    title: "A token-service killed with appends that never reached PostgreSQL",
    holdSeconds: { full: 4, quick: 2 },
    servedWithin: BOUNDS.front,
    strike: killedWithout("requests"),
  },
  {
    id: "window/after-append-before-reply",
    title: "A token-service killed with appends that PostgreSQL has committed and it was not told of",
    holdSeconds: { full: 4, quick: 2 },
    servedWithin: BOUNDS.front,
    strike: killedWithout("answers"),
  },
  {
    id: "window/after-reply-before-relay",
    title: "Both audit-projectors paused while users are answered, then killed",
    holdSeconds: noHold,
    noticed: "none",
    strike: beforeRelay,
    judge: topicHolds,
  },
  {
    id: "window/after-relay-before-checkpoint",
    title: "The relay killed when it had published, and could not keep its checkpoint",
    holdSeconds: { full: 12, quick: 8 },
    noticed: "none",
    strike: killedWithoutRedis("relay", "requests"),
    judge: topicHolds,
  },
  {
    id: "window/redis-write-and-checkpoint",
    title: "The projector killed with writes that Redis has made and it was not told of",
    holdSeconds: { full: 12, quick: 8 },
    noticed: "none",
    strike: killedWithoutRedis("projections", "answers"),
  },
  {
    id: "window/snapshot",
    title: "A client-registry killed three times while it reads a long stream and leaves a snapshot; Redis flushed before each",
    holdSeconds: noHold,
    strike: duringSnapshot,
    judge: longClientIsRight,
  },
  {
    id: "window/key-rotation",
    title: "A client-registry killed three times while it rotates the signing key",
    holdSeconds: noHold,
    strike: duringKeyRotation,
  },
  {
    id: "window/projection-switch",
    title: "A rebuild of all projections beside the running ones, killed three times up to the switch, then finished",
    holdSeconds: noHold,
    noticed: "none",
    strike: duringSwitch,
  },
];
