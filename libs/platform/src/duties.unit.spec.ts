import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { startDuties, type Duty } from "./duties.ts";

function notes() {
  const lines: { readonly level: "info" | "error"; readonly duty: unknown }[] = [];
  const log = {
    info: (fields: object) => void lines.push({ level: "info", duty: (fields as { duty: string }).duty }),
    error: (fields: object) => void lines.push({ level: "error", duty: (fields as { duty: string }).duty }),
  };
  return { lines, log: log as unknown as Parameters<typeof startDuties>[1] };
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !condition(); tries++) await sleep(5);
}

describe("duties", () => {
  it("come round again after their time, a failed one too, and each is told", async () => {
    let runs = 0;
    const duty: Duty = {
      name: "tidy",
      everySeconds: 0.01,
      run: () => (++runs === 2 ? Promise.reject(new Error("not this time")) : Promise.resolve(1)),
    };
    const { lines, log } = notes();
    const running = startDuties([duty], log, 1);
    await until(() => runs >= 4);
    await running.close();
    expect(lines.slice(0, 3)).toEqual([
      { level: "info", duty: "tidy" },
      { level: "error", duty: "tidy" },
      { level: "info", duty: "tidy" },
    ]);
  });

  it("never run twice at once, and a stop waits for the run in hand and lets none follow", async () => {
    let [running, most, runs] = [0, 0, 0];
    const duty: Duty = {
      name: "slow",
      everySeconds: 0,
      run: async () => {
        most = Math.max(most, ++running);
        await sleep(20);
        running--;
        return ++runs;
      },
    };
    const duties = startDuties([duty], notes().log, 1);
    await until(() => running === 1);
    await duties.close();
    const done = runs;
    expect([running, most]).toEqual([0, 1]);
    expect(done).toBeGreaterThan(0);
    await sleep(60);
    expect(runs).toBe(done);
  });

  it("do not run while their lease is another's", async () => {
    let [runs, asked] = [0, 0];
    const duty: Duty = { name: "leased", everySeconds: 0.01, run: () => Promise.resolve(++runs) };
    const lease = { assertHeld: () => (++asked < 3 ? Promise.reject(new Error("lost")) : Promise.resolve()) };
    const { lines, log } = notes();
    const running = startDuties([duty], log, 1, lease);
    await until(() => runs > 0);
    await running.close();
    expect(lines.slice(0, 3).map(({ level }) => level)).toEqual(["error", "error", "info"]);
  });

  it("do not run when stopped before their first time", async () => {
    let runs = 0;
    const duties = startDuties([{ name: "never", everySeconds: 1, run: async () => ++runs }], notes().log, 10_000);
    await duties.close();
    expect(runs).toBe(0);
  });
});
