/*
 * The audit log end to end, on both engines. Real: the built server (all-in-one with two workers; services on PostgreSQL and Redis behind a front), the built command
 * line beside it, HTTP, SQL behind the server's back, sha256sum. Made: nothing.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseVerifierKey, verifyManifest, type SignedManifest } from "@grantline/audit";
import { basic, obtainTokens, postForm, refresh, register } from "@grantline/testing";
import { noOwnPostgres, noRedis } from "@grantline/testing/ground";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { grantline, type CliResult } from "../support/cli.ts";
import { auditedAllInOne, auditedDistributed, type AuditedShape } from "./audited-shape.ts";

const noEngines = noOwnPostgres || noRedis;
const SHAPES = [
  ["the all-in-one on SQLite", auditedAllInOne, false],
  [noEngines ? "needs PostgreSQL and Redis: the services" : "the services on PostgreSQL", auditedDistributed, noEngines],
] as const;

for (const [name, open, skipped] of SHAPES) {
  describe.skipIf(skipped)(`the audit log of ${name}`, () => {
    auditStory(open);
  });
}

function auditStory(open: (checkpoints: string) => Promise<AuditedShape>): void {
  const folder = mkdtempSync(join(tmpdir(), "grantline-audit-e2e-"));
  const offTheBox = join(folder, "off-the-box");
  const file = (name: string): string => join(folder, name);
  const text = (name: string): string => readFileSync(file(name), "utf8");
  let shape: AuditedShape;
  let uri: string;
  let subject: string;
  let machine: { client_id: string; client_secret: string };

  beforeAll(async () => {
    shape = await open(offTheBox);
    uri = `${shape.origin}/mcp`;
    await shape.admin.resource(uri, ["read"]);
    const client = await register(shape.issuer, { client_name: "Claude" });
    const user = { issuer: shape.issuer, client, resource: uri, scope: "read" };
    const tokens = await obtainTokens(shape.person(), { ...user, username: "ada", password: "ada-password" });
    await refresh(shape.issuer, client, tokens.refresh_token ?? "");
    machine = await shape.admin.machine();
    const { items } = await shape.admin.call<{ items: { subject: string }[] }>("GET", `/grants?client_id=${client.client_id}`);
    subject = items[0]?.subject ?? "";
  }, 120_000);
  afterAll(async () => {
    await shape.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const audit = (...args: readonly string[]): Promise<CliResult> => grantline(["audit", ...args], shape.env);
  const token = async (client: { client_id: string; client_secret: string }, form: Readonly<Record<string, string>>): Promise<string> => {
    const answer = await postForm(
      `${shape.issuer}/token`,
      { grant_type: "client_credentials", ...form },
      { authorization: basic(client.client_id, client.client_secret) },
    );
    const { access_token: value } = (await answer.json()) as { access_token?: string };
    return value ?? expect.unreachable(`no token: ${answer.status}`);
  };
  const auditor = async (scope: string): Promise<string> => {
    const client = await shape.admin.machine({ settings: { allowed_scopes: [scope] } });
    return token(client as typeof machine, { scope, resource: `${shape.origin}/admin/v1` });
  };
  const get = (path: string, bearer?: string): Promise<Response> =>
    fetch(`${shape.origin}${path}`, { headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` } });
  const signedSize = async (): Promise<number> => Number((await (await get("/.well-known/grantline/checkpoint")).text()).split("\n")[1]);
  const verified = async (): Promise<Record<string, unknown>> => {
    const { code, out, error } = await audit("verify", "--json");
    expect([code, error]).toEqual([0, ""]);
    return JSON.parse(out) as Record<string, unknown>;
  };

  it("is signed within seconds, and again after more has happened", async () => {
    await expect.poll(signedSize, { timeout: 20_000 }).toBeGreaterThan(10);
    const before = await signedSize();
    for (let n = 0; n < 5; n++) await token(machine, { resource: uri });
    await expect.poll(signedSize, { timeout: 20_000 }).toBeGreaterThanOrEqual(before + 5);
    expect(existsSync(join(offTheBox, "checkpoint.vkey"))).toBe(true);
  });

  it("is verified beside the running server, every event, held against what was taken off the box", async () => {
    const size = await signedSize();
    const result = await verified();
    expect(result).toMatchObject({ intact: true, dropped: 0 });
    const { events, leaves, tail, checkpoints } = result as Record<string, number>;
    expect([events, leaves! >= size, checkpoints! >= 2]).toEqual([leaves! + tail!, true, true]);
  });

  it("is streamed over HTTP to whoever holds the audit scope, which is recorded; 401 and 403 to others", async () => {
    expect((await get("/audit/v1/events")).status).toBe(401);
    expect((await get("/audit/v1/events", await auditor("grantline:clients"))).status).toBe(403);
    const bearer = await auditor("grantline:audit:read");
    const answer = await get("/audit/v1/events?type=GrantAuthorized", bearer);
    const lines = (await answer.text()).trimEnd().split("\n");
    expect([answer.status, lines.length]).toEqual([200, 1]);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ type: "GrantAuthorized", data: { subject } });
    const reads = (await (await get("/audit/v1/events?type=AuditRead&format=jsonl", bearer)).text()).trimEnd().split("\n");
    expect(reads.map((line) => (JSON.parse(line) as { data: object }).data)).toContainEqual(
      expect.objectContaining({ what: "replay", query: expect.objectContaining({ type: "GrantAuthorized" }) as object }),
    );
    expect((await (await get("/audit/v1/state", bearer)).json()) as object).toMatchObject({
      access: expect.arrayContaining([expect.objectContaining({ subject, could: true })]) as object,
    });
  });

  it("is held beside the running server: over HTTP, and by the command line, which sees the hold", async () => {
    const body = JSON.stringify({ from_day: "2020-01-01", until_day: "2099-12-31", reason: "Case 2026/117" });
    const place = (bearer: string): Promise<Response> =>
      fetch(`${shape.origin}/audit/v1/holds`, {
        method: "POST",
        headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
        body,
      });
    expect((await place(await auditor("grantline:audit:read"))).status).toBe(403);
    const placed = await place(await auditor("grantline:audit"));
    expect(placed.status).toBe(201);
    const { hold } = (await placed.json()) as { hold: string };
    expect(await audit("hold", "ls")).toMatchObject({ code: 0, out: `${hold}  2020-01-01 to 2099-12-31  Case 2026/117\n` });
    expect((await audit("hold", "lift", hold, "--reason", "closed")).code).toBe(0);
    expect(await (await get("/audit/v1/holds", await auditor("grantline:audit:read"))).json()).toEqual({ items: [] });
  });

  it("is written down in every format, with a manifest that the checkpoint key has signed", async () => {
    const verifier = parseVerifierKey(text("off-the-box/checkpoint.vkey"));
    for (const format of ["jsonl", "csv", "parquet", "cloudevents", "ocsf"]) {
      const { code, error } = await audit("replay", "--format", format, "--out", file(`all.${format}`), "--manifest");
      expect([format, code, error]).toEqual([format, 0, expect.stringMatching(/^\d+ events, positions after 0 up to \d+, /m)]);
      expect(error).not.toMatch(/not signed|not recorded/);
      const manifest = JSON.parse(text(`all.${format}.manifest.json`)) as SignedManifest;
      expect(manifest.files[0]?.sha256).toBe(
        createHash("sha256")
          .update(readFileSync(file(`all.${format}`)))
          .digest("hex"),
      );
      const holds = (signed: SignedManifest): Promise<boolean> =>
        verifyManifest(signed, (bytes, signature, keyId) => {
          expect(keyId).toBe(verifier?.vkey);
          return verifier?.verify(Buffer.from(bytes).toString(), Buffer.from(signature)) === true;
        });
      expect([await holds(manifest), await holds({ ...manifest, count: manifest.count - 1 })]).toEqual([true, false]);
    }
    expect(text("all.jsonl").trimEnd().split("\n")).toHaveLength((JSON.parse(text("all.jsonl.manifest.json")) as SignedManifest).count);
  }, 120_000);

  it("answers who could call the server, on whose consent, and what changed since", async () => {
    const { out } = await audit("state", "--resource", uri, "--subject", subject, "--json");
    const state = JSON.parse(out) as { position: string; access: { subject: string; because: { type: string }[] }[] };
    expect(state.access.map((entry) => entry.subject)).toEqual([subject]);
    expect(state.access[0]?.because.map(({ type }) => type)).toEqual(expect.arrayContaining(["ConsentGranted", "GrantAuthorized"]));
    expect((await audit("diff", "--from", "1", "--subject", subject)).out).toMatch(/^\+ could {2}human/m);
    const sample = async () =>
      JSON.parse(
        (await audit("sample", "--seed", "s", "--count", "3", "--type", "AccessTokenIssued", "--until", "2099-01-01")).out,
      ) as object;
    expect(await sample()).toMatchObject({ items: [{ proof: { leaf_index: expect.any(Number) as number } }, {}, {}] });
    expect((await audit("evidence", "--from", "2020-01-01", "--until", "2099-01-01", "--to", file("evidence"))).code).toBe(0);
    expect(spawnSync("sha256sum", ["-c", "SHA256SUMS"], { cwd: file("evidence") }).status).toBe(0);
    expect(JSON.parse(text("evidence/chain.json"))).toMatchObject({ kind: "intact" });
    expect(text("evidence/consents.jsonl")).toContain(subject);
    expect((await audit("subject", subject, "--to", file("ada"))).code).toBe(0);
    expect(JSON.parse(text("ada/report.json"))).toMatchObject({ status: "active", consents: [{ status: "granted" }] });
  }, 120_000);

  it("goes into an archive that is verified without the server", async () => {
    expect(await audit("archive", "--to", file("archive"))).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^archived: \d+ events/) as string,
    });
    const elsewhere = { GRANTLINE_DATA_DIR: folder };
    const offline = await grantline(["audit", "verify", "--archive", file("archive"), "--checkpoints", offTheBox], elsewhere);
    expect(offline).toMatchObject({ code: 0, out: expect.stringMatching(/^intact: \d+ events/) as string });
  });

  it("says which tail no checkpoint covers yet, once nobody signs any more", async () => {
    await shape.stopSigning();
    expect((await audit("state", "--subject", subject)).code).toBe(0);
    const { events, leaves, tail } = (await verified()) as Record<string, number>;
    expect([tail! >= 1, events]).toEqual([true, leaves! + tail!]);
    expect((await audit("verify")).out).toMatch(/^not covered yet: [1-9]\d* events after position \d+/m);
  });

  it("altered, removed or rewritten behind our back, is broken at that very position", async () => {
    const position =
      Number(
        text("all.jsonl")
          .split("\n")
          .findIndex((line) => line.includes('"ConsentGranted"')),
      ) + 1;
    const broken = async () => {
      const { code, out } = await audit("verify", "--json");
      return { code, ...(JSON.parse(out) as object) };
    };
    await shape.sql("UPDATE {log}.events SET body = replace(body, '\"read\"', '\"rule\"') WHERE position = $1", [position]);
    expect(await broken()).toMatchObject({ code: 1, intact: false, position: String(position), why: "hash-mismatch" });
    await shape.sql("UPDATE {log}.events SET body = replace(body, '\"rule\"', '\"read\"') WHERE position = $1", [position]);
    expect(await broken()).toMatchObject({ code: 0, intact: true });
    await shape.sql("DELETE FROM {log}.events WHERE position = $1", [position]);
    expect(await broken()).toMatchObject({ code: 1, position: String(position), why: "removed" });
  });
}
