// Builds the judge of recorded histories: linearizability by porcupine, pinned by go.sum.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const source = join(import.meta.dirname, "..", "history-checker");

/** Path of the binary, undefined when there is no Go or its modules can't be had. Built once for each state of its source. */
export function historyChecker(cache) {
  const state = createHash("sha256");
  for (const file of ["go.mod", "go.sum", "main.go", "order.go", "bound.go"]) state.update(readFileSync(join(source, file)));
  const binary = join(cache, `history-checker-${state.digest("hex").slice(0, 12)}`, "history-checker");
  if (existsSync(binary)) return binary;
  process.stderr.write("grantline: building the judge of recorded histories …\n");
  mkdirSync(dirname(binary), { recursive: true });
  const go = existsSync("/usr/local/go/bin/go") ? "/usr/local/go/bin/go" : "go";
  const built = spawnSync(go, ["build", "-o", binary, "."], { cwd: source, stdio: ["ignore", "ignore", "inherit"] });
  return built.status === 0 && existsSync(binary) ? binary : undefined;
}
