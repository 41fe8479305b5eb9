// Redis from the distribution. Plain Node 20.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** The redis-server program, with redis-cli beside it; undefined when there is none and none can be installed. */
export function bringRedis() {
  const known = installed();
  if (known !== undefined) return known;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return undefined;
  process.stderr.write("grantline: installing Redis for the read-model tests …\n");
  const quiet = { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
  spawnSync("apt-get", ["update", "-qq"], quiet);
  spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "redis-server", "redis-tools"], quiet);
  return installed();
}

function installed() {
  return ["/usr/bin", "/usr/local/bin"]
    .filter((bin) => existsSync(`${bin}/redis-server`) && existsSync(`${bin}/redis-cli`))
    .map((bin) => `${bin}/redis-server`)[0];
}
