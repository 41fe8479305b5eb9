import type { World } from "./world.types.ts";

export type { Credentials } from "./world.types.ts";

export const world = JSON.parse(open(__ENV["WORLD"] as string)) as World;
