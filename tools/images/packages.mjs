// What of a built repository runs in production: built code of ours and packages of others, without sources, tests, types or developers' tools.
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/**
 * Package folders that the folders `from` need, by following what each package.json names; throws when one is named and not installed.
 * Our packages share the root's dependencies, so those are always among them.
 */
export function reachable(root, from) {
  const found = new Set();
  const visit = (folder) => {
    if (found.has(folder)) return;
    found.add(folder);
    const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = manifestOf(folder);
    for (const name of Object.keys({ ...peerDependencies, ...optionalDependencies, ...dependencies })) {
      const place = installed(root, folder, name);
      if (place !== undefined) visit(place);
      else if (Object.hasOwn(dependencies, name) && !Object.hasOwn(optionalDependencies, name))
        throw new Error(`${relative(root, folder)} needs ${name}, which is not installed`);
    }
  };
  for (const name of Object.keys(manifestOf(root).dependencies)) visit(installed(root, root, name));
  for (const folder of from) visit(folder);
  return [...found];
}

/** As Node looks for it: in the node_modules of each folder upwards, links followed. */
function installed(root, folder, name) {
  for (let at = folder; at.startsWith(root); at = dirname(at)) {
    const place = join(at, "node_modules", name);
    if (existsSync(join(place, "package.json"))) return realpathSync(place);
  }
  return undefined;
}

/** With their source maps unless told otherwise: a server can be started with --enable-source-maps. */
export function copyOurs(folder, target, { maps = true } = {}) {
  mkdirSync(target, { recursive: true });
  cpSync(join(folder, "package.json"), join(target, "package.json"));
  cpSync(join(folder, "dist"), join(target, "dist"), {
    recursive: true,
    filter: (path) => !/\.(d\.ts|d\.ts\.map|tsbuildinfo|spec\.js|spec\.js\.map)$/.test(path) && (maps || !path.endsWith(".map")),
  });
}

const FOR_DEVELOPERS = new Set(["test", "tests", "docs", "example", "examples", "benchmark", "benchmarks", ".github"]);

/** Licences stay; types, maps, tests and manuals of others' code nobody reads at run time. Nested packages are copied when they are reached. */
export function copyTheirs(folder, target) {
  const wanted = (path) => {
    const parts = relative(folder, path).split("/");
    return !parts.includes("node_modules") && !FOR_DEVELOPERS.has(parts[0]) && !/\.([cm]?ts|map)$/.test(path);
  };
  cpSync(folder, target, { recursive: true, filter: wanted });
}

export const isOurs = (root, folder) => !relative(root, folder).startsWith("node_modules");
export const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
