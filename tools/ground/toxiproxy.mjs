// Toxiproxy, which cuts and slows the connections of the fault tests: compiled once by Go, pinned. Plain Node 20.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";

const VERSION = "v2.5.0";

/** The server's binary, undefined when there is none and no Go to make it. */
export function bringToxiproxy(cache) {
  const known = [join(cache, "bin", "toxiproxy-server"), "/usr/bin/toxiproxy-server"].find((path) => existsSync(path));
  if (known !== undefined) return known;
  if (spawnSync("go", ["version"], { stdio: "ignore" }).status !== 0) return undefined;
  process.stderr.write("grantline: compiling toxiproxy for the fault tests (once, under a minute) …\n");
  const bin = join(cache, "bin");
  mkdirSync(bin, { recursive: true });
  const made = spawnSync("go", ["install", `github.com/Shopify/toxiproxy/v2/cmd/server@${VERSION}`], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, GOBIN: join(bin, "toxiproxy.made") },
  });
  if (made.status !== 0) return undefined;
  const server = join(bin, "toxiproxy-server");
  renameSync(join(bin, "toxiproxy.made", "server"), server);
  return server;
}
