// A base image without any registry: Node and what it links against, CA certificates, a place for temporary files. Nothing else, not even a shell.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";

const FILES = {
  "etc/passwd": "root:x:0:0:root:/:/sbin/nologin\ngrantline:x:65532:65532:grantline:/app:/sbin/nologin\n",
  "etc/group": "root:x:0:\ngrantline:x:65532:\n",
  // glibc looks names up as this says, and has both ways built in
  "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
};

/** Lays the root filesystem out in `to`, from this machine. */
export function makeBase(node, to) {
  for (const folder of ["etc/ssl/certs", "app", "tmp", "usr/local/bin", "proc", "sys", "dev"])
    mkdirSync(join(to, folder), { recursive: true });
  chmodSync(join(to, "tmp"), 0o1777);
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(to, name), text);
  if (existsSync(CERTIFICATES)) copyFileSync(CERTIFICATES, join(to, CERTIFICATES));
  for (const library of librariesOf(node)) {
    mkdirSync(join(to, dirname(library)), { recursive: true });
    cpSync(library, join(to, library), { dereference: true });
  }
  copyFileSync(node, join(to, "usr/local/bin/node"));
  chmodSync(join(to, "usr/local/bin/node"), 0o755);
}

/** Shared libraries with their paths, the loader among them. */
function librariesOf(program) {
  const told = spawnSync("ldd", [program], { encoding: "utf8" });
  if (told.status !== 0) throw new Error(`ldd ${program} failed: ${told.stderr}`);
  return [...told.stdout.matchAll(/(?:=>\s+)?(\/\S+)\s+\(0x/g)].map(([, path]) => path);
}
