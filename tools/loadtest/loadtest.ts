// `npm run loadtest -- [scenario] [options]`: prepares a running server and lets k6 loose on it.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepareWorld } from "./prepare.ts";

const root = join(import.meta.dirname, "..", "..");
const HELP = `npm run loadtest -- [scenario] [options]

scenarios  token, refresh, introspect, revoke, register, mixed (default)
options    --profile smoke|steady|spike|soak|stress   default smoke
           --scale N         multiplies every rate, default 1
           --issuer URL      default GRANTLINE_ISSUER, else http://localhost:8080/oauth; the server must be running, with the user demo:demo and
                             GRANTLINE_LIMIT_ANONYMOUS_WRITES high enough for the registrations
           --summary FILE    where the page with the results goes, default loadtest.html
The secret of grantline-admin comes from GRANTLINE_ADMIN_SECRET, else from .grantline-platform/admin-secret.
Ends with 0 when every objective was met, 99 when one was missed.`;

const say = (text: string): void => void process.stderr.write(`loadtest: ${text}\n`);

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      profile: { type: "string", default: "smoke" },
      scale: { type: "string", default: "1" },
      issuer: { type: "string", default: process.env["GRANTLINE_ISSUER"] ?? "http://localhost:8080/oauth" },
      summary: { type: "string", default: "loadtest.html" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help === true) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  const k6 = process.env["GRANTLINE_TEST_K6"];
  if (k6 === undefined || !existsSync(k6))
    throw new Error("k6 is not here; see tools/ground/k6.mjs, or set GRANTLINE_TEST_K6 to its path.");
  const folder = mkdtempSync(join(tmpdir(), "grantline-load-"));
  try {
    const file = join(folder, "world.json");
    const world = await prepareWorld(values.issuer, adminSecret(), 400, say);
    writeFileSync(file, JSON.stringify(world), { mode: 0o600 });
    const settings = { WORLD: file, MIX: positionals[0] ?? "mixed", PROFILE: values.profile, SCALE: values.scale, SUMMARY: values.summary };
    const flags = Object.entries(settings).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    const run = spawnSync(k6, ["run", "--quiet", ...flags, join(root, "loadtest", "main.ts")], {
      stdio: "inherit",
      env: { ...process.env, K6_NO_USAGE_REPORT: "true" },
    });
    if (run.status === 0) say(`results in ${values.summary}`);
    return run.status ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function adminSecret(): string {
  const file = join(root, process.env["GRANTLINE_PLATFORM_DIR"] ?? ".grantline-platform", "admin-secret");
  const secret = process.env["GRANTLINE_ADMIN_SECRET"] ?? (existsSync(file) ? readFileSync(file, "utf8") : undefined);
  if (secret === undefined)
    throw new Error("GRANTLINE_ADMIN_SECRET: found nothing; give the secret of the bootstrap client grantline-admin");
  return secret.trim();
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
    process.exit(1);
  },
);
