// Builds the outside judge of checkpoints and proofs: Go's own note verifier and transparency-dev's Merkle proofs, pinned by go.sum.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const source = join(import.meta.dirname, "tlog-judge");

/** Path of the binary, undefined when there is no Go or its modules can't be had. Built once for each state of its source. */
export function tlogJudge(cache) {
  const state = createHash("sha256");
  for (const file of ["go.mod", "go.sum", "main.go"]) state.update(readFileSync(join(source, file)));
  const binary = join(cache, `tlog-judge-${state.digest("hex").slice(0, 12)}`, "tlog-judge");
  if (existsSync(binary)) return binary;
  process.stderr.write("grantline: building the outside judge of checkpoints …\n");
  mkdirSync(dirname(binary), { recursive: true });
  const go = existsSync("/usr/local/go/bin/go") ? "/usr/local/go/bin/go" : "go";
  const built = spawnSync(go, ["build", "-o", binary, "."], { cwd: source, stdio: ["ignore", "ignore", "inherit"] });
  return built.status === 0 && existsSync(binary) ? binary : undefined;
}
