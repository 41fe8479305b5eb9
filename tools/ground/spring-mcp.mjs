// Builds examples/spring, an MCP server of Spring AI, with what it needs from Maven. Plain Node 20.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

const source = join(import.meta.dirname, "..", "..", "examples", "spring");
const JAR = "spring-mcp-server.jar";

/** The program, undefined when there is no Java 17 or no Maven to build it with. Built once for each state of its source. */
export function bringSpringMcp(cache) {
  const state = createHash("sha256");
  for (const file of filesOf(source)) state.update(readFileSync(file));
  const folder = join(cache, `spring-mcp-${state.digest("hex").slice(0, 12)}`);
  if (!works("java", "-version")) return undefined;
  if (existsSync(join(folder, JAR))) return join(folder, JAR);
  if (!works("mvn", "-v")) return undefined;
  process.stderr.write("grantline: building a Spring AI server for the integration tests (about half a minute) …\n");
  const work = `${folder}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  cpSync(source, work, { recursive: true });
  const { status } = spawnSync("mvn", ["-q", "-B", "package"], { cwd: work, stdio: ["ignore", "ignore", "inherit"], timeout: 300_000 });
  mkdirSync(folder, { recursive: true });
  if (status === 0) renameSync(join(work, "target", JAR), join(folder, JAR));
  rmSync(work, { recursive: true, force: true });
  return existsSync(join(folder, JAR)) ? join(folder, JAR) : undefined;
}

/** Every file of the example but what a build in place leaves, in one order. */
function filesOf(folder) {
  const entries = readdirSync(folder, { recursive: true }).filter((name) => !name.startsWith("target"));
  return entries
    .sort()
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

function works(command, ...args) {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}
