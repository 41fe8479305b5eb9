import { setTimeout as pause } from "node:timers/promises";
import { BOUNDS, type Arena, type Cell } from "../cell.ts";

export const postgresFaults: readonly Cell[] = [
  {
    id: "postgres/sigkill",
    title: "SIGKILL of every process of PostgreSQL; started again",
    holdSeconds: { full: 8, quick: 3 },
    strike: async ({ world: { postgres } }) => {
      await postgres.kill();
      return { heal: postgres.start };
    },
  },
  {
    id: "postgres/sigstop",
    title: "SIGSTOP of PostgreSQL for 30 s",
    holdSeconds: { full: 30, quick: 8 },
    strike: async ({ world: { postgres } }) => {
      postgres.pause();
      return { heal: async () => postgres.resume() };
    },
  },
  {
    id: "postgres/restart",
    title: "PostgreSQL told to stop (fast shutdown), then started again",
    holdSeconds: { full: 3, quick: 1 },
    strike: async ({ world: { postgres } }) => {
      await postgres.shutdown();
      return { heal: postgres.start };
    },
  },
  {
    id: "postgres/cut",
    title: "Everybody cut off from PostgreSQL",
    holdSeconds: { full: 15, quick: 6 },
    strike: async ({ world: { links } }) => {
      await Promise.all(links.chosen({ engine: "postgres" }).map((link) => link.cut()));
      return { heal: links.healAll };
    },
  },
  {
    id: "postgres/slow",
    title: "Every answer of PostgreSQL 200 ± 100 ms late",
    holdSeconds: { full: 12, quick: 6 },
    servedWithin: BOUNDS.front,
    strike: async ({ world: { links } }) => {
      await Promise.all(links.chosen({ engine: "postgres" }).map((link) => link.slow(200, 100)));
      return { heal: links.healAll };
    },
  },
  {
    id: "postgres/disk-full",
    title: "PostgreSQL's disk (a small file system) full to the last byte; then room again, and a start where it had given up",
    holdSeconds: { full: 12, quick: 8 },
    needs: "disks",
    strike: async (arena) => {
      const { world } = arena;
      const filling = keepFull(arena);
      return {
        heal: async () => {
          await filling.end();
          if (!world.postgres.running()) {
            arena.note("PostgreSQL had ended itself and was started again");
            await world.postgres.start();
          }
        },
      };
    },
  },
];

/** What the server gives back meanwhile (old log files) is taken away again. */
function keepFull({ world: { disks } }: Arena): { end(): Promise<void> } {
  const disk = disks.postgres;
  if (disk === undefined) throw new Error("this world has no small disk for PostgreSQL");
  let going = true;
  const running = (async () => {
    while (going) {
      disk.fill();
      await pause(200);
    }
  })();
  return {
    end: async () => {
      going = false;
      await running;
      disk.free();
    },
  };
}
