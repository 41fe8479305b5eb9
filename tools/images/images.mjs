// `npm run images`: every target of the Dockerfile as an image. Plain Node 20, no dependency.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBuild, ensureDependencies, fail, nodeBinary, root, say } from "../launch/ground.mjs";
import { makeBase } from "./base.mjs";
import { docker } from "./docker.mjs";
import { targetsOf } from "./targets.mjs";
import { makeTree } from "./tree.mjs";

const HELP = `npm run images [-- options]

  --base-from-host   makes the base image from this machine (Linux): Node, its libraries, CA certificates; no registry is asked
  --base IMAGE       builds on this image; default is the Dockerfile's own
  --target NAME      builds this target only; repeat it
  --tag TAG          tag of the images grantline/NAME; default dev

It needs a running Docker. Compiling is done here, so that the build itself needs no network.`;

function optionsOf(args) {
  const options = { targets: [], tag: "dev" };
  for (let at = 0; at < args.length; at++) {
    const value = () => args[++at] ?? fail(`${args[at - 1]}: say which`);
    if (args[at] === "--base-from-host") options.fromHost = true;
    else if (args[at] === "--base") options.base = value();
    else if (args[at] === "--target") options.targets.push(value());
    else if (args[at] === "--tag") options.tag = value();
    else fail(`there is no option ${args[at]}.\n\n${HELP}`);
  }
  return options;
}

function build({ fromHost, base, targets, tag }) {
  const all = targetsOf(readFileSync(join(root, "Dockerfile"), "utf8"));
  const wanted = targets.length === 0 ? all : targets;
  for (const name of wanted) if (!all.includes(name)) fail(`there is no target ${name}; there are ${all.join(", ")}`);
  ensureDependencies();
  const node = nodeBinary();
  ensureBuild(node);
  docker(["version", "--format", "{{.Server.Version}}"], { quiet: true });
  const work = mkdtempSync(join(tmpdir(), "grantline-images-"));
  try {
    const on = fromHost ? importBase(node, join(work, "base")) : base;
    const context = join(work, "context");
    mkdirSync(context);
    say(`${makeTree(root, join(context, "prepared-tree"))} packages …`);
    cpSync(join(root, "tools", "images"), join(context, "tools", "images"), { recursive: true });
    for (const name of wanted) {
      say(`grantline/${name}:${tag} …`);
      const args = ["build", "--quiet", "-f", join(root, "Dockerfile"), "--target", name, "-t", `grantline/${name}:${tag}`];
      docker([...args, ...(on === undefined ? [] : ["--build-arg", `BASE=${on}`]), context]);
    }
    for (const name of wanted) tellSize(`grantline/${name}:${tag}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** A root filesystem becomes an image; answers its name. */
function importBase(node, folder) {
  say("base image from this machine …");
  makeBase(node, folder);
  const image = "grantline-base:host";
  const archive = spawnSync("tar", ["-C", folder, "--owner=0", "--group=0", "--numeric-owner", "-c", "."], { maxBuffer: 1 << 30 });
  if (archive.status !== 0) throw new Error(`tar failed: ${archive.stderr}`);
  docker(["import", "--change", "ENV PATH=/usr/local/bin", "-", image], { input: archive.stdout, quiet: true });
  return image;
}

function tellSize(image) {
  const bytes = Number(docker(["image", "inspect", "--format", "{{.Size}}", image], { quiet: true }));
  process.stdout.write(`${image.padEnd(32)} ${(bytes / 1e6).toFixed(0)} MB\n`);
}

if (process.argv.includes("--help")) process.stdout.write(`${HELP}\n`);
else {
  try {
    build(optionsOf(process.argv.slice(2)));
  } catch (error) {
    fail(error.message);
  }
}
