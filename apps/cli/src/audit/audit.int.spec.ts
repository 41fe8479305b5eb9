// Real: the command line, once as a process from source and else in this one, on the data folder of a server with people, grants and revocations. Made: nothing.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { obtainTokens, refresh, register, startTestPlatform, type TestPlatform } from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CommandFailed, explain } from "../failure.ts";
import { createProgram } from "../program.ts";

const MAIN = join(import.meta.dirname, "..", "main.ts");
let server: TestPlatform;
let elsewhere: string;
let uri: string;
let subject: string;
let gone: string;

beforeAll(async () => {
  server = await startTestPlatform({ env: { GRANTLINE_DEV_USERS: "ada:ada-password,bob:bob-password" } });
  elsewhere = mkdtempSync(join(tmpdir(), "grantline-audit-cli-"));
  uri = `${server.origin}/mcp`;
  await server.admin.resource(uri, ["read"]);
  const client = await register(server.issuer, { client_name: "=cmd|'/c calc'!A1" });
  const login = (username: string) =>
    obtainTokens(server.person(), {
      issuer: server.issuer,
      client,
      resource: uri,
      scope: "read",
      username,
      password: `${username}-password`,
    });
  const tokens = await login("ada");
  await refresh(server.issuer, client, tokens.refresh_token ?? "");
  await login("bob");
  const { items } = await server.admin.call<{ items: { subject: string }[] }>("GET", `/grants?client_id=${client.client_id}`);
  [subject = "", gone = ""] = items.map((each) => each.subject);
  await server.context.subjects.execute(
    gone,
    { kind: "erase", now: server.context.clock.now() },
    { correlationId: "erasure-1", actor: { kind: "operator", id: "boss" } },
  );
});
afterAll(async () => {
  await server.close();
  for (const folder of [server.dataDir, elsewhere]) rmSync(folder, { recursive: true, force: true });
});

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** In this process: a new one takes a second to start. */
async function audit(...args: readonly string[]): Promise<Result> {
  let [out, error] = ["", ""];
  const terminal = {
    env: { GRANTLINE_DATA_DIR: server.dataDir },
    cwd: elsewhere,
    out: (text: string) => void (out += text),
    error: (text: string) => void (error += text),
  };
  const code = await createProgram(terminal)
    .parseAsync(["audit", ...args], { from: "user" })
    .then(
      () => 0,
      (thrown: unknown) => {
        error += explain(thrown)
          .map((line) => `grantline: ${line}\n`)
          .join("");
        return thrown instanceof CommandFailed ? thrown.exitCode : 2;
      },
    );
  return { code, out, error };
}

function auditProcess(...args: readonly string[]): Promise<Result> {
  const child = spawn(
    process.execPath,
    ["--conditions=@grantline/source", "--disable-warning=ExperimentalWarning", MAIN, "audit", ...args],
    {
      env: { PATH: process.env["PATH"] ?? "", GRANTLINE_DATA_DIR: server.dataDir, COLUMNS: "200" },
      cwd: elsewhere,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let [out, error] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (error += chunk.toString()));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, out, error })));
}
const file = (name: string): string => join(elsewhere, name);
const json = (name: string): Record<string, unknown> => JSON.parse(readFileSync(file(name), "utf8")) as Record<string, unknown>;

describe("beside a running server that works alone", () => {
  it("the log is replayed, and it is said that the reading could not be recorded", async () => {
    const { code, out, error } = await auditProcess("replay");
    expect([code, error]).toEqual([0, expect.stringContaining("This reading is not recorded")]);
    expect(out.trimEnd().split("\n")).toHaveLength(Number(await server.context.store.head()));
  });
});

describe("on the files of a server that has stopped", () => {
  beforeAll(() => server.close({ keepData: true }));

  it("every format is written to a file with its manifest, the reading being recorded", async () => {
    for (const format of ["jsonl", "csv", "parquet", "cloudevents", "ocsf"]) {
      const { code, error } = await audit("replay", "--format", format, "--out", file(`all.${format}`), "--manifest");
      expect([format, code, error]).toEqual([format, 0, expect.stringMatching(/^\d+ events, positions after 0 up to \d+, /m)]);
      expect(error).not.toContain("not recorded");
      const sha256 = createHash("sha256")
        .update(readFileSync(file(`all.${format}`)))
        .digest("hex");
      expect(json(`all.${format}.manifest.json`)).toMatchObject({ format, from: "0", files: [{ name: `all.${format}`, sha256 }] });
    }
    expect((await audit("replay", "--type", "AuditRead", "--actor", "operator", "--out", file("reads.jsonl"))).code).toBe(0);
    const out = readFileSync(file("reads.jsonl"), "utf8");
    expect(
      out
        .trimEnd()
        .split("\n")
        .map((line) => (JSON.parse(line) as { data: { format: string } }).data.format),
    ).toEqual(["jsonl", "csv", "parquet", "cloudevents", "ocsf"]);
    expect(readFileSync(file("all.csv"), "utf8")).not.toMatch(/(^|,)[=+@-]/m);
  }, 120_000);

  it("a download that broke off goes on, and its end is the end of the whole", async () => {
    const head = String(json("all.csv.manifest.json")["to"]);
    expect((await audit("replay", "--format", "csv", "--out", file("part.csv"), "--head", "10")).code).toBe(0);
    expect((await audit("replay", "--format", "csv", "--out", file("part.csv"), "--head", head, "--after", "10", "--append")).code).toBe(0);
    expect(readFileSync(file("part.csv"), "utf8")).toBe(readFileSync(file("all.csv"), "utf8"));
  });

  it("says who could call a server, then and now, and what changed between", async () => {
    const before = JSON.parse((await audit("state", "--at", "1", "--json")).out) as { access: unknown[] };
    const now = JSON.parse((await audit("state", "--resource", uri, "--json")).out) as {
      access: { subject: string; because: { type: string }[] }[];
    };
    expect([before.access, now.access.map((entry) => entry.subject)]).toEqual([[], [subject]]);
    expect(now.access[0]?.because.map(({ type }) => type)).toEqual(["ConsentGranted", "GrantAuthorized", "CodeRedeemed"]);
    const text = (await audit("state", "--resource", uri, "--ended")).out;
    expect(text).toMatch(new RegExp(`^could {2}human ${subject} through =cmd`, "m"));
    expect(text).toMatch(/^could not \(subject-barred\) {2}human/m);
    expect((await audit("diff", "--from", "1", "--subject", subject)).out).toMatch(/^\+ could {2}human/m);
  });

  it("draws the same sample for the same seed, and another for another", async () => {
    const draw = async (seed: string) =>
      (
        JSON.parse(
          (await audit("sample", "--seed", seed, "--count", "6", "--until", "2099-01-01", "--outcome", "accepted", "--actor", "system"))
            .out,
        ) as { items: { position: string }[] }
      ).items;
    const first = await draw("2026-Q1");
    expect(first).toHaveLength(6);
    expect(await draw("2026-Q1")).toEqual(first);
    expect(await draw("2026-Q2")).not.toEqual(first);
  });

  it("bundles the evidence of a period, with checksums that sha256sum agrees with", async () => {
    const { code, out } = await audit("evidence", "--from", "2020-01-01", "--until", "2099-01-01", "--to", file("evidence"));
    expect([code, out]).toEqual([0, expect.stringContaining("summary.json")]);
    expect(spawnSync("sha256sum", ["-c", "SHA256SUMS"], { cwd: file("evidence") }).status).toBe(0);
    const summary = json("evidence/summary.json") as { events: number; by_type: Record<string, number> };
    expect(summary.by_type).toMatchObject({ GrantAuthorized: 2, SubjectErased: 1 });
    // the server has made its checkpoint key, so the tree is gone through as well
    expect(json("evidence/chain.json")).toMatchObject({ kind: "intact", events: expect.any(Number) as number });
    const lines = (name: string) =>
      readFileSync(file(`evidence/${name}`), "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines("erasures.jsonl")).toMatchObject([{ type: "SubjectErased", stream: `subject-${gone}` }]);
    expect(lines("revocations.jsonl")).toMatchObject([{ type: "SubjectErased", subject: gone, effective: "at once" }]);
    expect(lines("audit-reads.jsonl").length).toBeGreaterThan(5);
    expect(lines("key-rotations.jsonl").length).toBeGreaterThan(0);
    expect(lines("admin-changes.jsonl").map(({ type }) => type)).toContain("ResourceRegistered");
    expect((await audit("evidence", "--from", "2020-01-01", "--until", "2099-01-01", "--to", file("evidence"))).code).toBe(2);
  });

  it("reports to a person what is held of them, sealed or erased", async () => {
    expect((await audit("subject", subject, "--to", file("ada"))).code).toBe(0);
    expect((await audit("subject", gone, "--to", file("bob"))).code).toBe(0);
    const seen = (folder: string) =>
      readFileSync(file(`${folder}/events.jsonl`), "utf8")
        .split("\n")
        .find((line) => line.includes("SubjectSeen")) ?? "";
    expect(JSON.parse(seen("ada"))).toMatchObject({ data: { subject, claims: "[sealed]" }, meta: { ip: "[sealed]" } });
    expect(JSON.parse(seen("bob"))).toMatchObject({ data: { claims: "[erased]" } });
    expect(json("ada/report.json")).toMatchObject({ status: "active", access: [{ could: true }], consents: [{ status: "granted" }] });
    expect(json("bob/report.json")).toMatchObject({ status: "erased", access: [{ could: false, why: "subject-barred" }] });
    expect(readFileSync(file("ada/events.jsonl"), "utf8")).not.toContain(gone);
    expect(await audit("subject", "nobody", "--to", file("nobody"))).toMatchObject({
      code: 2,
      error: expect.stringContaining("knows no subject"),
    });
  });

  it("says in one line what it does not understand", async () => {
    const wrong: readonly (readonly [readonly string[], RegExp])[] = [
      [["replay", "--since", "yesterday"], /since: is no day or time/],
      [["replay", "--format", "xml"], /There is no format xml/],
      [["replay", "--manifest"], /--manifest: needs --out/],
      [["replay", "--out", "/no/such/folder/x"], /--out: can't write/],
      [["state", "--at", "999999"], /The log ends at position/],
      [["evidence", "--from", "2026-01-02", "--until", "2026-01-01", "--to", file("never")], /--until: must lie after/],
      [["sample", "--seed", "x", "--count", "many"], /--count: give a whole number/],
    ];
    for (const [args, line] of wrong) {
      const { code, error } = await audit(...args);
      expect([args.join(" "), code === 0, error.trim().split("\n")]).toEqual([args.join(" "), false, [expect.stringMatching(line)]]);
    }
    expect(existsSync(file("never"))).toBe(false);
    expect(readdirSync(elsewhere)).not.toContain("-");
  });
});
