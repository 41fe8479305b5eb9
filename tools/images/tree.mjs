// Production's tree for the images: the apps, and every package that they reach.
import { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { copyOurs, copyTheirs, isOurs, manifestOf, reachable } from "./packages.mjs";

/** Everything that an image may run. */
export function appsOf(root) {
  return readdirSync(join(root, "apps")).filter((name) => existsSync(join(root, "apps", name, "src", "main.ts")));
}

/** Copies the tree from a built repository to `to`, same layout, so that Node finds packages as it does there. */
export function makeTree(root, to) {
  const packages = reachable(
    root,
    appsOf(root).map((app) => join(root, "apps", app)),
  );
  for (const folder of packages) {
    const target = join(to, relative(root, folder));
    if (isOurs(root, folder)) placeOurs(folder, target, to);
    else copyTheirs(folder, target);
  }
  return packages.length;
}

function placeOurs(folder, target, to) {
  copyOurs(folder, target);
  const link = join(to, "node_modules", manifestOf(folder).name);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(relative(dirname(link), target), link);
}
