// Real parts the tests talk to: address from the environment, else what is installed, else brought, else skipped by name.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { bringChromium } from "./chromium.mjs";
import { bringPostgres } from "./postgres.mjs";
import { findK6 } from "./k6.mjs";
import { bringKafka } from "./kafka.mjs";
import { bringKeycloak } from "./keycloak.mjs";
import { bringRedis } from "./redis.mjs";
import { historyChecker } from "./history-checker.mjs";
import { tlogJudge } from "./tlog-judge.mjs";
import { bringToxiproxy } from "./toxiproxy.mjs";
import { bringHaproxy } from "./haproxy.mjs";
import { bringNginx } from "./nginx.mjs";
import { bringPythonMcp } from "./python-mcp.mjs";
import { bringMcpClients } from "./mcp-clients.mjs";
import { bringSpringMcp } from "./spring-mcp.mjs";

/** Where what was brought is kept. */
export const cache = process.env.GRANTLINE_GROUND ?? join(homedir(), ".cache", "grantline-ground");

const COMPONENTS = [
  { name: "Chromium", variable: "GRANTLINE_TEST_CHROMIUM", bring: bringChromium },
  { name: "schemathesis", variable: "GRANTLINE_TEST_SCHEMATHESIS", bring: schemathesis },
  { name: "PostgreSQL", variable: "GRANTLINE_TEST_POSTGRES_BIN", bring: bringPostgres },
  { name: "Redis", variable: "GRANTLINE_TEST_REDIS_SERVER", bring: bringRedis },
  { name: "Kafka", variable: "GRANTLINE_TEST_KAFKA_LIB", bring: () => bringKafka(cache) },
  { name: "Keycloak", variable: "GRANTLINE_TEST_KEYCLOAK", bring: () => bringKeycloak(cache) },
  { name: "Go's tlog judge", variable: "GRANTLINE_TEST_TLOG_JUDGE", bring: () => tlogJudge(cache) },
  { name: "the history checker", variable: "GRANTLINE_TEST_HISTORY_CHECKER", bring: () => historyChecker(cache) },
  { name: "toxiproxy", variable: "GRANTLINE_TEST_TOXIPROXY", bring: () => bringToxiproxy(cache) },
  { name: "k6", variable: "GRANTLINE_TEST_K6", bring: findK6 },
  { name: "nginx", variable: "GRANTLINE_TEST_NGINX", bring: bringNginx },
  { name: "HAProxy", variable: "GRANTLINE_TEST_HAPROXY", bring: bringHaproxy },
  { name: "FastMCP and the Python MCP SDK", variable: "GRANTLINE_TEST_PYTHON_MCP", bring: () => bringPythonMcp(cache) },
  { name: "mcp-remote and the Inspector", variable: "GRANTLINE_TEST_MCP_CLIENTS", bring: () => bringMcpClients(cache) },
  { name: "Spring AI's MCP server", variable: "GRANTLINE_TEST_SPRING_MCP", bring: () => bringSpringMcp(cache) },
];

/** Environment for the tests, by component found; what is missing is named in GRANTLINE_TEST_MISSING. */
export function bringComponents() {
  const found = {};
  const missing = [];
  for (const { name, variable, bring } of COMPONENTS) {
    const where = process.env[variable] ?? bring();
    if (where === undefined) missing.push(name);
    else found[variable] = where;
  }
  return { ...found, GRANTLINE_TEST_MISSING: missing.join(", ") };
}

function schemathesis() {
  const venv = join(cache, "schemathesis-4.32.5");
  const binary = join(venv, "bin", "schemathesis");
  if (existsSync(binary)) return binary;
  process.stderr.write("grantline: installing schemathesis for the fuzz tests …\n");
  mkdirSync(cache, { recursive: true });
  const quiet = { stdio: ["ignore", "ignore", "inherit"] };
  if (spawnSync("python3", ["-m", "venv", venv], quiet).status !== 0) return undefined;
  if (spawnSync(join(venv, "bin", "pip"), ["install", "-q", "--disable-pip-version-check", "schemathesis==4.32.5"], quiet).status !== 0)
    return undefined;
  return existsSync(binary) ? binary : undefined;
}
