// Redis from the distribution.
import { existsSync } from "node:fs";
import { installed } from "./debian.mjs";

/** The redis-server program, with redis-cli beside it; undefined when there is none and none can be installed. */
export const bringRedis = () =>
  installed({ find: both, packages: ["redis-server", "redis-tools"], what: "Redis for the read-model tests" });

function both() {
  return ["/usr/bin", "/usr/local/bin"]
    .filter((bin) => existsSync(`${bin}/redis-server`) && existsSync(`${bin}/redis-cli`))
    .map((bin) => `${bin}/redis-server`)[0];
}
