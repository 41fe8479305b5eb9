// PostgreSQL's own programs, from the distribution.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installed } from "./debian.mjs";

const ROOT = "/usr/lib/postgresql";

/** The folder of initdb, postgres and pg_dump, undefined when there is none and none can be installed. */
export const bringPostgres = () =>
  installed({ find: newest, packages: ["postgresql"], what: "PostgreSQL for the store tests", before: makeNoServer });

/** The package would otherwise make and start a server of its own; the tests start theirs. */
function makeNoServer() {
  mkdirSync("/etc/postgresql-common", { recursive: true });
  if (!existsSync("/etc/postgresql-common/createcluster.conf"))
    writeFileSync("/etc/postgresql-common/createcluster.conf", "create_main_cluster = false\n");
}

function newest() {
  if (!existsSync(ROOT)) return undefined;
  const versions = readdirSync(ROOT).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(ROOT, version, "bin")).find((bin) => existsSync(join(bin, "initdb")));
}
