// Real: the command line, in this process and as processes from source, /proc, a pseudo-terminal, openssl where it is installed, the encrypted file. Made: nothing.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { secretScan } from "@grantline/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CommandFailed, explain } from "../failure.ts";
import { createProgram } from "../program.ts";

const MAIN = join(import.meta.dirname, "..", "main.ts");
const NODE = [process.execPath, "--conditions=@grantline/source", "--disable-warning=ExperimentalWarning", MAIN];
const NAME = "oauth/github/my-server/access-token";
const OLD_KEK = Buffer.alloc(32, 1).toString("base64");
const NEW_KEK = Buffer.alloc(32, 2).toString("base64");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "grantline-cli-secrets-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const environment = (env: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  PATH: process.env["PATH"] ?? "",
  GRANTLINE_DATA_DIR: join(folder, "data"),
  GRANTLINE_SECRETS_DOCKER_TOOL: "none",
  GRANTLINE_KEK: OLD_KEK,
  ...env,
});

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

type Call = { readonly input?: string; readonly env?: Readonly<Record<string, string>> };

/** The command line's program in this process: a process for each command is dear. */
async function grantline(args: readonly string[], { input = "", env = {} }: Call = {}): Promise<Result> {
  let [out, error] = ["", ""];
  const program = createProgram({
    env: environment(env),
    cwd: folder,
    out: (text) => void (out += text),
    error: (text) => void (error += text),
    input: async () => input,
  });
  const failed = await program.parseAsync(["node", "grantline", ...args]).then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (failed === undefined) return { code: 0, out, error };
  for (const line of explain(failed)) error += `grantline: ${line}\n`;
  return { code: failed instanceof CommandFailed ? failed.exitCode : 2, out, error };
}

/** The same as a process of its own. */
function grantlineProcess(args: readonly string[], { input = "", env = {} }: Call = {}): Promise<Result> {
  const child = spawn(NODE[0] as string, [...NODE.slice(1), ...args], {
    env: environment(env),
    cwd: folder,
    stdio: ["pipe", "pipe", "pipe"],
  });
  let [out, error] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (error += chunk.toString()));
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, out, error })));
}

describe("grantline secret", () => {
  it("sets from standard input and from a file, gets, lists and removes; the process list and the data folder never show a value", async () => {
    const [value, other] = [randomBytes(24).toString("base64url"), randomBytes(24).toString("base64url")];
    const seen: string[] = [];
    const watch = setInterval(() => seen.push(...processList()), 5);
    expect(await grantlineProcess(["secret", "set", NAME, "--expires", "2100-01-01T00:00:00Z"], { input: `${value}\n` })).toMatchObject({
      code: 0,
      out: `stored ${NAME} in file\n`,
    });
    writeFileSync(join(folder, "value"), `${other}\n`);
    const set = await grantline(["secret", "set", "oauth/google/x/client-secret", "--from-file", "value", "--json"]);
    expect(JSON.parse(set.out)).toEqual({ name: "oauth/google/x/client-secret", store: "file", version: expect.any(String) });
    expect(await grantlineProcess(["secret", "get", NAME])).toMatchObject({ code: 0, out: value });
    expect(JSON.parse((await grantline(["secret", "get", NAME, "--json"])).out)).toMatchObject({
      name: NAME,
      value,
      store: "file",
      expiresAt: 4_102_444_800,
    });
    const listed = await grantline(["secret", "ls"]);
    expect(listed.out).toMatch(
      /^oauth\/github\/my-server\/access-token +file +2100-01-01T00:00:00Z\noauth\/google\/x\/client-secret +file +-\n$/,
    );
    expect(JSON.parse((await grantline(["secret", "ls", "--json"])).out)).toMatchObject({
      secrets: [{ name: NAME }, {}],
      stores: expect.arrayContaining([expect.objectContaining({ store: "file", status: "ready" })]),
    });
    expect(await grantline(["secret", "rm", NAME])).toMatchObject({ code: 0, out: `deleted ${NAME}\n` });
    expect(await grantline(["secret", "get", NAME])).toMatchObject({
      code: 1,
      out: "",
      error: "grantline: there is no secret of this name\n",
    });
    expect((await grantline(["secret", "rm", NAME])).code).toBe(1);
    clearInterval(watch);
    expect(seen.some((line) => line.includes(MAIN))).toBe(true);
    const secrets = new Map([
      [value, "value"],
      [other, "other"],
    ]);
    expect(
      secretScan({ secrets, texts: { processes: seen.join("\n"), list: listed.out + listed.error }, dataDir: join(folder, "data") }),
    ).toEqual([]);
  }, 120_000);

  it("takes no value from an argument, refuses a bad name without repeating it, and says in one line what is wrong", async () => {
    const extra = await grantline(["secret", "set", NAME, "gho_given_as_an_argument"]);
    expect([extra.code, extra.error]).toEqual([1, expect.stringContaining("never given as an argument")]);
    expect(extra.error).not.toContain("gho_given");
    for (const name of ["gho_16C7e42F292c6912E7710c838347Ae178B4a", "oauth/github/../../etc/passwd", "oauth/github/$(id)/x"]) {
      const refused = await grantline(["secret", "set", name], { input: "v" });
      expect([refused.code, refused.error]).toEqual([1, expect.stringMatching(/^grantline: the secret's name was refused: [^\n]*\n$/)]);
      expect(refused.error).not.toContain(name);
    }
    expect(await grantline(["secret", "set", NAME])).toMatchObject({
      code: 1,
      error: expect.stringMatching(/^grantline: the secret's value was refused: it is empty\n$/),
    });
    expect(await grantline(["secret", "set", NAME, "--from-file", "none"])).toMatchObject({
      code: 2,
      error: "grantline: can't read none (ENOENT)\n",
    });
    expect(
      await grantline(["secret", "set", NAME], { input: "v", env: { OAUTH__GITHUB__MY_SERVER__ACCESS_TOKEN: "given" } }),
    ).toMatchObject({
      code: 1,
      error: expect.stringContaining("comes first"),
    });
    expect((await grantline(["secret", "get", NAME], { env: { OAUTH__GITHUB__MY_SERVER__ACCESS_TOKEN: "given" } })).out).toBe("given");
    await grantline(["secret", "set", NAME], { input: "v" });
    expect(await grantline(["secret", "get", NAME], { env: { GRANTLINE_KEK: NEW_KEK } })).toMatchObject({
      code: 2,
      error: expect.stringContaining("(GRANTLINE_KEK)"),
    });
  }, 120_000);

  it("says that a store does not answer, and does not pretend that there is no secret", async () => {
    const env = {
      GRANTLINE_SECRETS_KEY_VAULT_URL: "https://127.0.0.1:1",
      AZURE_TENANT_ID: "t",
      AZURE_CLIENT_ID: "c",
      AZURE_CLIENT_SECRET: "not-shown-anywhere",
    };
    const got = await grantline(["secret", "get", NAME], { env });
    expect([got.code, got.error]).toEqual([2, expect.stringContaining("grantline: key-vault: no answer")]);
    const listed = await grantline(["secret", "ls"], { env });
    expect([listed.code, listed.error]).toEqual([2, expect.stringContaining("key-vault: degraded")]);
    expect(got.error + listed.error).not.toContain("not-shown-anywhere");
  }, 120_000);

  it("exports under a passphrase and imports elsewhere, and a changed export is refused", async () => {
    await grantline(["secret", "set", NAME], { input: "gho_moved" });
    const exported = await grantline(["secret", "export", "all.json"], { input: "correct horse battery staple\n" });
    expect([exported.code, exported.out]).toEqual([0, expect.stringMatching(/^1 secrets exported to .*all\.json \(SHA-256 .{43}\)\n$/)]);
    expect(statSync(join(folder, "all.json")).mode & 0o777).toBe(0o600);
    expect((await grantline(["secret", "export", "all.json"], { input: "correct horse battery staple\n" })).error).toMatch(/EEXIST/);
    const elsewhere = { GRANTLINE_DATA_DIR: join(folder, "elsewhere"), GRANTLINE_KEK: NEW_KEK };
    expect(await grantline(["secret", "import", "all.json"], { input: "correct horse battery staple\n", env: elsewhere })).toMatchObject({
      code: 0,
      out: "1 secrets imported, 0 were there already\n",
    });
    expect((await grantline(["secret", "get", NAME], { env: elsewhere })).out).toBe("gho_moved");
    const text = readFileSync(join(folder, "all.json"), "utf8");
    writeFileSync(
      join(folder, "changed.json"),
      text.replace(/"data":"(.)/, (_all, first: string) => `"data":"${first === "A" ? "B" : "A"}`),
    );
    expect(
      await grantline(["secret", "import", "changed.json"], { input: "correct horse battery staple\n", env: elsewhere }),
    ).toMatchObject({
      code: 1,
      error: "grantline: the export was refused: it was altered, or is not for this passphrase or key\n",
    });
  }, 120_000);

  it.skipIf(spawnSync("openssl", ["version"]).status !== 0)(
    "needs openssl: exports for a recipient's key",
    async () => {
      execFileSync("openssl", ["genpkey", "-algorithm", "X25519", "-out", join(folder, "private.pem")]);
      execFileSync("openssl", ["pkey", "-in", join(folder, "private.pem"), "-pubout", "-out", join(folder, "public.pem")]);
      await grantline(["secret", "set", NAME], { input: "gho_moved" });
      expect((await grantline(["secret", "export", "for-ada.json", "--recipient", "public.pem", "--json"])).code).toBe(0);
      const env = { GRANTLINE_DATA_DIR: join(folder, "elsewhere") };
      expect(JSON.parse((await grantline(["secret", "import", "for-ada.json", "--key", "private.pem", "--json"], { env })).out)).toEqual({
        imported: 1,
        kept: 0,
      });
      expect((await grantline(["secret", "get", NAME], { env })).out).toBe("gho_moved");
    },
    120_000,
  );

  it("changes the key-encryption key, and the former opens nothing any more", async () => {
    await grantline(["secret", "set", NAME], { input: "v" });
    expect(await grantline(["secret", "rotate"])).toMatchObject({ code: 2, error: expect.stringContaining("GRANTLINE_KEK_PREVIOUS") });
    const env = { GRANTLINE_KEK: NEW_KEK, GRANTLINE_KEK_PREVIOUS: OLD_KEK };
    expect(await grantline(["secret", "rotate"], { env })).toMatchObject({
      code: 0,
      out: "1 secrets re-wrapped; the former key-encryption key opens nothing any more\n",
    });
    expect((await grantline(["secret", "get", NAME])).code).toBe(2);
    expect((await grantline(["secret", "get", NAME], { env: { GRANTLINE_KEK: NEW_KEK } })).out).toBe("v");
  }, 120_000);

  it.skipIf(!existsSync("/usr/bin/script"))(
    "needs script(1), for a terminal: types unseen, and is shown only when asked",
    async () => {
      const typed = await terminal(["secret", "set", NAME], "gho_typed\r");
      expect(typed).toContain(`stored ${NAME} in file`);
      expect(typed).not.toContain("gho_typed");
      const hidden = await terminal(["secret", "get", NAME], "");
      expect(hidden).toContain("give --show");
      expect(hidden).not.toContain("gho_typed");
      expect(await terminal(["secret", "get", NAME, "--show"], "")).toContain("gho_typed");
    },
    120_000,
  );
});

/** Runs the command on a pseudo-terminal and answers with what it showed. Types once it is asked. */
function terminal(args: readonly string[], typed: string): Promise<string> {
  const command = [...NODE, ...args].map((part) => `'${part}'`).join(" ");
  const child = spawn("/usr/bin/script", ["-qefc", command, "/dev/null"], {
    env: environment({ TERM: "dumb" }),
    cwd: folder,
    stdio: ["pipe", "pipe", "inherit"],
  });
  let shown = "";
  child.stdout.on("data", (chunk: Buffer) => {
    if (!shown.includes("Value: ") && (shown + chunk.toString()).includes("Value: ")) setImmediate(() => child.stdin.write(typed));
    shown += chunk.toString();
  });
  return new Promise((resolve) => child.once("close", () => resolve(shown)));
}

function processList(): readonly string[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, "utf8")];
      } catch {
        // ended meanwhile
        return [];
      }
    });
}
