import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const VERSION = "v1.8.1";
const bin = join(process.env.GRANTLINE_GROUND ?? join(homedir(), ".cache", "grantline-ground"), "bin");

/** k6, when it is there. Compiling it takes minutes, so the tests don't: `npm run loadtest` asks for it. */
export function findK6() {
  const known = [process.env.GRANTLINE_TEST_K6, join(bin, "k6"), "/usr/bin/k6", "/usr/local/bin/k6"];
  return known.find((path) => path !== undefined && existsSync(path));
}

export function bringK6() {
  const found = findK6();
  if (found !== undefined) return found;
  process.stderr.write(`grantline: compiling k6 ${VERSION} (once, 4 to 9 minutes) …\n`);
  mkdirSync(bin, { recursive: true });
  const { status } = spawnSync("go", ["install", `go.k6.io/k6@${VERSION}`], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, GOBIN: bin },
  });
  return status === 0 ? join(bin, "k6") : undefined;
}
