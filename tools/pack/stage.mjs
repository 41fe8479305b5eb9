// The command line as one package with everything it needs inside: nothing of ours is in a registry, and what is installed are the very files and versions that the
// tests ran. Not one file made by a bundler: tried with rolldown, pg's pool did not survive it, and what else doesn't would be found by a user.
import { cpSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { copyOurs, copyTheirs, isOurs, manifestOf, reachable } from "../images/packages.mjs";

/** Lays the package out in `to`, from a built repository. */
export function stageCli(root, to) {
  const cli = join(root, "apps", "cli");
  const packages = reachable(root, [cli]).filter((folder) => folder !== cli);
  for (const folder of packages) {
    if (isOurs(root, folder)) copyOurs(folder, join(to, "node_modules", manifestOf(folder).name), { maps: false });
    else copyTheirs(folder, join(to, relative(root, folder)));
  }
  copyOurs(cli, to, { maps: false });
  cpSync(join(cli, "bin"), join(to, "bin"), { recursive: true });
  cpSync(join(root, "LICENSE"), join(to, "LICENSE"));
  writeFileSync(join(to, "package.json"), `${JSON.stringify(manifestWith(manifestOf(cli), dependenciesIn(to)), null, 2)}\n`);
  return packages.length;
}

function manifestWith({ name, version, license, bin, type }, dependencies) {
  return {
    name,
    version,
    description: "Grantline's command line: servers, connections, clients, audit, and a doctor for OAuth of MCP servers",
    license,
    type,
    bin,
    files: ["bin", "dist"],
    engines: { node: ">=24.15" },
    dependencies,
    bundleDependencies: Object.keys(dependencies),
  };
}

/** All that lies in node_modules, by its exact version; nested ones belong to those. */
function dependenciesIn(to) {
  const modules = join(to, "node_modules");
  const names = readdirSync(modules).flatMap((name) =>
    name.startsWith("@") ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : [name],
  );
  return Object.fromEntries(names.toSorted().map((name) => [name, manifestOf(join(modules, name)).version]));
}
