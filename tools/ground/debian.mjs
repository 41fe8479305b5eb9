// Packages of Debian and its kin, for tests that need a real program. Plain Node 20.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/**
 * What `find` finds; if that is nothing and packages can be installed, what it finds after they were. Undefined when there is no way to it.
 * `before` runs just before the installation.
 */
export function installed({ find, packages, what, before = () => undefined }) {
  const known = find();
  if (known !== undefined) return known;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return undefined;
  process.stderr.write(`grantline: installing ${what} …\n`);
  before();
  // RUNLEVEL: a package of a server would otherwise start one; the tests start theirs
  const quiet = { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" } };
  spawnSync("apt-get", ["update", "-qq"], quiet);
  spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold", ...packages], quiet);
  return find();
}

/** The first of these paths that is there. */
export const firstOf = (paths) => () => paths.find((path) => existsSync(path));
