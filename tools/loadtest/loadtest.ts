// `npm run loadtest -- [scenario] [options]`: prepares a running server and lets k6 loose on it.
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepareWorld } from "./prepare.ts";
import type { Heard } from "./validators.ts";

const root = join(import.meta.dirname, "..", "..");
const HELP = `npm run loadtest -- [scenario] [options]

scenarios  token, refresh, introspect, revoke, register, mixed (default)
options    --profile smoke|steady|spike|soak|stress   default smoke
           --scale N         multiplies every rate, default 1
           --validators N    so many validators on the revocation feed meanwhile; p99 from a revocation's answer to them under 1 s is an objective, default 0
           --issuer URL      default GRANTLINE_ISSUER, else http://localhost:8080/oauth; the server must be running, with the user demo:demo and
                             GRANTLINE_LIMIT_ANONYMOUS_WRITES high enough for the registrations
           --summary FILE    where the page with the results goes, default loadtest.html
The secret of grantline-admin comes from GRANTLINE_ADMIN_SECRET, else from .grantline-platform/admin-secret.
Ends with 0 when every objective was met, 99 when one was missed.`;

/** As k6 ends when an objective was missed. */
const MISSED = 99;
/** P5: a connected validator knows of a revocation within a second. */
const HEARD_WITHIN_MS = 1_000;

const say = (text: string): void => void process.stderr.write(`loadtest: ${text}\n`);

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      profile: { type: "string", default: "smoke" },
      scale: { type: "string", default: "1" },
      validators: { type: "string", default: "0" },
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
    const validators = await followFeed(file, Number(values.validators));
    const run = spawn(k6, ["run", "--quiet", ...flags, join(root, "loadtest", "main.ts")], {
      stdio: "inherit",
      env: { ...process.env, K6_NO_USAGE_REPORT: "true" },
    });
    const [status] = (await once(run, "exit")) as [number | null];
    const told = await validators?.();
    if (status === 0) say(`results in ${values.summary}`);
    return status === 0 && told === false ? MISSED : (status ?? 1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Validators in a process of their own, all of them listening; the function returned ends them, and says whether they heard of revocations in time. */
async function followFeed(world: string, count: number): Promise<(() => Promise<boolean>) | undefined> {
  if (count === 0) return undefined;
  say(`connecting ${count} validators …`);
  const child = fork(join(import.meta.dirname, "validators.ts"), [world, String(count)], { stdio: "inherit" });
  await once(child, "message");
  return async () => {
    child.send("stop");
    const [{ validators, revocations, p50, p99, missed }] = (await once(child, "message")) as [Heard];
    say(
      `${validators} validators, ${revocations} revocations: heard after ${p50.toFixed(0)} ms (p50), ${p99.toFixed(0)} ms (p99, objective ${HEARD_WITHIN_MS}), ${missed} not at all`,
    );
    return missed === 0 && p99 < HEARD_WITHIN_MS;
  };
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
