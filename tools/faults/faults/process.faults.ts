import type { ServiceName, ServiceProcess } from "@grantline/testing/distributed";
import { BOUNDS, type Arena, type Cell, type Struck } from "../cell.ts";

/** Which process a fault is for, found when it strikes. */
interface Target {
  readonly name: string;
  readonly words: string;
  readonly service: ServiceName;
  /** Fault is for whoever works at it. */
  readonly duty?: string;
}

const TARGETS: readonly Target[] = [
  { name: "token-service", words: "one of two token-services", service: "token-service" },
  { name: "projector", words: "the audit-projector at work on the projections", service: "audit-projector", duty: "projections" },
  { name: "relay", words: "the audit-projector at work on the relay", service: "audit-projector", duty: "relay" },
  { name: "rotation-worker", words: "the rotation-worker at work on the keys", service: "rotation-worker", duty: "signing-keys" },
];

interface Victim {
  readonly process: ServiceProcess;
  readonly instance: number;
}

function victim({ world }: Arena, { service, duty }: Target): Victim {
  const holder = duty === undefined ? undefined : world.holderOf(duty);
  if (duty !== undefined && holder === undefined) throw new Error(`nobody works at ${duty}`);
  const instance = holder?.instance ?? 0;
  return { instance, process: world.platform.all(service)[instance] as ServiceProcess };
}

const dutyOf = ({ duty }: Target): Pick<Struck, "duty"> => (duty === undefined ? {} : { duty });

function sigkill(target: Target): Cell {
  return {
    id: `${target.name}/sigkill`,
    title: `SIGKILL of ${target.words}; started again after 12 s`,
    holdSeconds: { full: 12, quick: 4 },
    servedWithin: BOUNDS.front,
    strike: async (arena) => {
      const { process } = victim(arena, target);
      await process.signal("SIGKILL");
      return { ...dutyOf(target), heal: () => process.start() };
    },
  };
}

function sigstop(target: Target): Cell {
  return {
    id: `${target.name}/sigstop`,
    title: `SIGSTOP of ${target.words} for 30 s`,
    holdSeconds: { full: 30, quick: 11 },
    servedWithin: BOUNDS.front,
    strike: async (arena) => {
      const { process } = victim(arena, target);
      await process.signal("SIGSTOP");
      return { ...dutyOf(target), heal: async () => void (await process.signal("SIGCONT")) };
    },
  };
}

function restart(target: Target): Cell {
  return {
    id: `${target.name}/restart`,
    title: `SIGTERM of ${target.words}, then started again`,
    holdSeconds: { full: 8, quick: 2 },
    noticed: "none",
    strike: async (arena) => {
      const { process } = victim(arena, target);
      const code = await process.signal("SIGTERM");
      if (code !== 0) arena.load.history.broken(`${target.name} ended with ${code} when it was told to stop`);
      return { ...dutyOf(target), heal: () => process.start() };
    },
  };
}

function cut(target: Target): Cell {
  return {
    id: `${target.name}/cut`,
    title: `${capital(target.words)} cut off from PostgreSQL and Redis`,
    holdSeconds: { full: 15, quick: 8 },
    servedWithin: BOUNDS.front,
    strike: async (arena) => {
      const { instance } = victim(arena, target);
      const links = arena.world.links.chosen({ service: target.service, instance });
      await Promise.all(links.map((link) => link.cut()));
      return { ...dutyOf(target), heal: arena.world.links.healAll };
    },
  };
}

function slow(target: Target): Cell {
  return {
    id: `${target.name}/slow`,
    title: `Every answer of PostgreSQL and Redis to ${target.words} 200 ± 100 ms late`,
    holdSeconds: { full: 12, quick: 6 },
    strike: async (arena) => {
      const { instance } = victim(arena, target);
      const links = arena.world.links.chosen({ service: target.service, instance });
      await Promise.all(links.map((link) => link.slow(200, 100)));
      return { heal: arena.world.links.healAll };
    },
  };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const processFaults: readonly Cell[] = TARGETS.flatMap((target) =>
  [sigkill, sigstop, restart, cut, slow].map((make) => make(target)),
);
