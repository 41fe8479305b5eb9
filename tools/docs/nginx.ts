import { readFileSync, writeFileSync } from "node:fs";
// @ts-expect-error -- plain Node 20, without types
import { containerConfiguration } from "../platform/nginx.mjs";

// Usage: node tools/docs/nginx.ts [--check]. The proxy of compose.yaml has the routes of `npm run platform`.
const target = new URL("../../deploy/nginx/platform.conf", import.meta.url);
const text = String(containerConfiguration());

if (!process.argv.includes("--check")) {
  writeFileSync(target, text);
} else if (readFileSync(target, "utf8") !== text) {
  process.stderr.write("deploy/nginx/platform.conf is not what tools/platform/nginx.mjs says: npm run docs\n");
  process.exitCode = 1;
}
