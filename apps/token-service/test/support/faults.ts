import { setTimeout as sleep } from "node:timers/promises";
import type { World } from "./world.ts";

export interface FaultReport {
  readonly kills: number;
  readonly flushes: number;
}

/**
 * Round after round: one token-service is killed in the middle of its work, Redis loses everything it holds, the instance starts again.
 * Which instance and when follows from the round, so a run can be repeated.
 */
export async function killAndFlush(world: World, rounds: number): Promise<FaultReport> {
  const services = world.all("token-service");
  for (let round = 0; round < rounds; round++) {
    const victim = services[round % services.length];
    await sleep(400 + 150 * (round % 3));
    await victim?.signal("SIGKILL");
    await sleep(100 * (round % 4));
    await world.redis?.flush();
    await victim?.start();
  }
  await sleep(500);
  return { kills: rounds, flushes: rounds };
}
