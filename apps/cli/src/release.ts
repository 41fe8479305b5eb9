import { readFileSync } from "node:fs";

/** The version of this release. */
export function release(): string {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { readonly version: string };
  return manifest.version;
}
