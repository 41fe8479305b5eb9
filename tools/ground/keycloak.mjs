// A real Keycloak for the bridge's tests: its distribution through Maven, pinned by version and digest. Plain Node 20.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

const VERSION = "26.7.3";
const ARCHIVE = `keycloak-quarkus-dist-${VERSION}.zip`;
const SHA256 = "27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f";
/** Its administrator, in a database that only tests on this machine use. */
const ADMIN = { name: "admin", password: "ground-only" };

/** Keycloak's folder, built and with a database of its own, undefined when there is no JDK or Maven to bring it with. */
export function bringKeycloak(cache) {
  const home = join(cache, `keycloak-${VERSION}`);
  if (!works("java", "-version")) return undefined;
  if (existsSync(database(home))) return home;
  if (!works("mvn", "-v") || !works("jar", "--version")) return undefined;
  process.stderr.write("grantline: bringing Keycloak for the bridge's tests (once, about a minute) …\n");
  const work = `${home}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  const made = download(work) && unpack(work) && build(join(work, `keycloak-${VERSION}`));
  // Moved in one go, so that a broken-off start is never taken for a whole one
  if (made && !existsSync(home)) renameSync(join(work, `keycloak-${VERSION}`), home);
  rmSync(work, { recursive: true, force: true });
  return existsSync(database(home)) ? home : undefined;
}

/** With its tables, its master realm and its administrator: making them takes longer than everything else at a start. */
const database = (home) => join(home, "ground", "keycloakdb.mv.db");

function download(work) {
  const artifact = `-Dartifact=org.keycloak:keycloak-quarkus-dist:${VERSION}:zip`;
  if (!run("mvn", ["-q", "-B", "dependency:copy", artifact, `-DoutputDirectory=${work}`], { cwd: work })) return false;
  const digest = createHash("sha256")
    .update(readFileSync(join(work, ARCHIVE)))
    .digest("hex");
  if (digest === SHA256) return true;
  process.stderr.write(`grantline: ${ARCHIVE} is not the one that was pinned (sha-256 ${digest})\n`);
  return false;
}

const unpack = (work) => run("jar", ["xf", ARCHIVE], { cwd: work });

function build(home) {
  const kc = (args, env = {}) => run("sh", [join(home, "bin", "kc.sh"), ...args], { cwd: home, env: { ...process.env, ...env } });
  const file = database(home).replace(/\.mv\.db$/, "");
  const admin = ["bootstrap-admin", "user", "--optimized", "--username", ADMIN.name, "--password:env", "GROUND_PASSWORD"];
  return (
    kc(["build", "--db=dev-file"]) && kc(admin, { KC_DB_URL: `jdbc:h2:file:${file};NON_KEYWORDS=VALUE`, GROUND_PASSWORD: ADMIN.password })
  );
}

function run(command, args, options) {
  return spawnSync(command, args, { stdio: ["ignore", "ignore", "inherit"], timeout: 300_000, ...options }).status === 0;
}

function works(command, ...args) {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}
