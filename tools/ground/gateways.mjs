// What the two bringers of gateways have in common: a Debian package and its binary. Plain Node 20.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

export function bringPackage(name, binary, forWhat) {
  if (existsSync(binary)) return binary;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return undefined;
  process.stderr.write(`grantline: installing ${name} for ${forWhat} …\n`);
  // RUNLEVEL: the package would otherwise start a server of its own
  const quiet = { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" } };
  spawnSync("apt-get", ["update", "-qq"], quiet);
  spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", name], quiet);
  return existsSync(binary) ? binary : undefined;
}
