// What production needs and nothing else: built code of the apps and of every package they reach, without sources, tests, types or developers' tools.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** Everything that an image may run. */
export function appsOf(root) {
  return readdirSync(join(root, "apps")).filter((name) => existsSync(join(root, "apps", name, "src", "main.ts")));
}

/** Copies the tree from a built repository to `to`, same layout, so that Node finds packages as it does there. */
export function makeTree(root, to) {
  const packages = reachable(root);
  for (const folder of packages) {
    const target = join(to, relative(root, folder));
    if (isOurs(root, folder)) copyOurs(root, folder, target, to);
    else copyTheirs(folder, target);
  }
  return packages.length;
}

/** Package folders, by following what each package.json names; throws when one is named and not installed. Packages share the root's dependencies. */
function reachable(root) {
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
  for (const app of appsOf(root)) visit(join(root, "apps", app));
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

function copyOurs(root, folder, target, to) {
  mkdirSync(target, { recursive: true });
  cpSync(join(folder, "package.json"), join(target, "package.json"));
  cpSync(join(folder, "dist"), join(target, "dist"), {
    recursive: true,
    filter: (path) => !/\.(d\.ts|d\.ts\.map|tsbuildinfo|spec\.js|spec\.js\.map)$/.test(path),
  });
  const link = join(to, "node_modules", manifestOf(folder).name);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(relative(dirname(link), target), link);
}

/** Licences stay; types and maps of others' code nobody reads at run time. Nested packages are copied when they are reached. */
function copyTheirs(folder, target) {
  const wanted = (path) => !relative(folder, path).split("/").includes("node_modules") && !/\.([cm]?ts|map)$/.test(path);
  cpSync(folder, target, { recursive: true, filter: wanted });
}

const isOurs = (root, folder) => !relative(root, folder).startsWith("node_modules");
const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
