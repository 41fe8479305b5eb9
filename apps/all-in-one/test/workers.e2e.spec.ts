/*
 * Real: the built server as a primary and two worker processes, HTTP over connections held to each worker, the SQLite files, signals. Made: nothing.
 */
import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import {
  ADMIN_SECRET,
  basic,
  obtainCode,
  obtainTokens,
  Person,
  postForm,
  register,
  ServerProcess,
  TestAdmin,
  type Registered,
} from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventsIn, verifyDataFolder } from "./support/event-log.ts";
import { linesToWorkers, startTwoWorkers, type Reply, type WorkerLine } from "./support/two-workers.ts";

const RESOURCE = "https://workers.example/mcp";
let server: ServerProcess;
let admin: TestAdmin;
let rs: { client_id: string; client_secret: string };
let machine: { client_id: string; client_secret: string };
let client: Registered;
let lines: readonly WorkerLine[];

beforeAll(async () => {
  server = await startTwoWorkers({ GRANTLINE_ACCESS_TOKEN_FORMAT: "jwt" });
  admin = new TestAdmin(server.origin, server.issuer, ADMIN_SECRET);
  rs = await admin.resource(RESOURCE, ["read"]);
  machine = await admin.machine();
  client = await register(server.issuer);
  lines = await linesToWorkers(server.port);
});

afterAll(async () => {
  await server.kill("SIGTERM");
  rmSync(server.dataDir, { recursive: true, force: true });
});

const line = (index: number): WorkerLine => lines[index % lines.length] as WorkerLine;
const issue = (at: WorkerLine): Promise<Reply> =>
  at.post(
    "/oauth/token",
    { grant_type: "client_credentials", scope: "read", resource: RESOURCE },
    { authorization: basic(machine.client_id, machine.client_secret) },
  );
const revoke = (at: WorkerLine, token: string): Promise<Reply> =>
  at.post("/oauth/revoke", { token }, { authorization: basic(machine.client_id, machine.client_secret) });
const logIn = () => obtainTokens(new Person(server.origin), { issuer: server.issuer, client, scope: "read", resource: RESOURCE });
/** 50 requests at once, every other one to the other worker. */
const fifty = (send: (at: WorkerLine) => Promise<Reply>): Promise<readonly Reply[]> =>
  Promise.all(Array.from({ length: 50 }, (_, index) => send(line(index))));

const kidOf = (token: string): string =>
  (JSON.parse(Buffer.from(token.split(".")[0] as string, "base64url").toString()) as { kid: string }).kid;
/** A token of this worker's that the key has signed; a rotation is heard of a moment after it is answered. */
async function signedBy(kid: string | undefined, at: WorkerLine): Promise<string> {
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(10)) {
    const token = (await issue(at)).body["access_token"] as string;
    if (kidOf(token) === kid) return token;
  }
  throw new Error(`worker ${at.pid} does not sign with ${kid} after 20 s`);
}

async function gone(pid: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await sleep(50);
  }
  throw new Error(`process ${pid} is still there`);
}

describe("two workers on one log", () => {
  it("both answer, each for itself", () => {
    expect(new Set(lines.map(({ pid }) => pid)).size).toBe(2);
    expect(lines.map(({ pid }) => pid)).not.toContain(server.pid);
  });

  it("know of a revocation on the other at the very next introspection, 200 times out of 200", async () => {
    const late: number[] = [];
    for (let index = 0; index < 200; index++) {
      const token = (await issue(line(index))).body["access_token"] as string;
      // Held in memory there before it is revoked here.
      expect(await line(index + 1).active(rs, token)).toBe(true);
      expect((await revoke(line(index), token)).status).toBe(200);
      if (await line(index + 1).active(rs, token)) late.push(index);
    }
    expect(late).toEqual([]);
  });

  it("know of a revoked family, a suspended client and a disabled person at once", async () => {
    const { access_token, refresh_token } = await logIn();
    for (const each of lines) expect(await each.active(rs, access_token)).toBe(true);
    await line(0).post("/oauth/revoke", { token: refresh_token as string, client_id: client.client_id });
    expect(await line(1).active(rs, access_token)).toBe(false);
    const second = await logIn();
    for (const each of lines) expect(await each.active(rs, second.access_token)).toBe(true);
    const { items } = await admin.call<{ items: { subject: string }[] }>("GET", "/subjects");
    await admin.call("POST", `/subjects/${items[0]?.subject}/revoke-all`);
    expect([await line(0).active(rs, second.access_token), await line(1).active(rs, second.access_token)]).toEqual([false, false]);
  });

  it("redeem a code once of 50 times", async () => {
    const { code, verifier } = await obtainCode(new Person(server.origin), {
      issuer: server.issuer,
      client,
      scope: "read",
      resource: RESOURCE,
    });
    const answers = await fifty((at) =>
      at.post("/oauth/token", {
        grant_type: "authorization_code",
        code,
        code_verifier: verifier,
        client_id: client.client_id,
        redirect_uri: "https://client.example/callback",
      }),
    );
    const won = answers.filter(({ status }) => status === 200);
    expect([won.length, answers.filter(({ status }) => status === 400).length]).toEqual([1, 49]);
    for (const each of lines) expect(await each.active(rs, won[0]?.body["access_token"] as string)).toBe(false);
  });

  it("rotate a refresh token once of 50 times, and answer all alike", async () => {
    const { refresh_token } = await logIn();
    const answers = await fifty((at) =>
      at.post("/oauth/token", { grant_type: "refresh_token", refresh_token: refresh_token as string, client_id: client.client_id }),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    expect(new Set(answers.map(({ body }) => body["refresh_token"])).size).toBe(1);
  });

  it("carry an administrator's request out once, when copies of it with one Idempotency-Key reach both", async () => {
    const headers = { authorization: `Bearer ${await admin.token()}`, "idempotency-key": "one-wish" };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        line(index).json(
          "/admin/v1/clients",
          { client_name: "Once", grant_types: ["client_credentials"], redirect_uris: [], response_types: [] },
          headers,
        ),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 201));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const named = (await eventsIn(server.dataDir, "client-")).filter(
      ({ type, body }) => type === "ClientRegistered" && body.includes('"client_name":"Once"'),
    );
    expect(named).toHaveLength(1);
  });

  it("lose no token while keys are rotated, and agree on the keys", async () => {
    const statuses: number[] = [];
    let over = false;
    const load = Promise.all(
      lines.map(async (at) => {
        while (!over) statuses.push((await issue(at)).status);
      }),
    );
    const kids: string[] = [];
    for (let round = 0; round < 3; round++) {
      kids.push((await admin.call<{ kid: string }>("POST", "/keys/rotate", { alg: "ES256" })).kid);
      await sleep(150);
    }
    over = true;
    await load;
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    for (const each of lines) {
      const token = await signedBy(kids.at(-1), each);
      const published = ((await each.get("/oauth/jwks")).body["keys"] as { kid: string }[]).map(({ kid }) => kid);
      expect(published).toEqual(expect.arrayContaining(kids));
      for (const other of lines) expect(await other.active(rs, token)).toBe(true);
    }
  });

  it("know of a compromised key at once: what it signed is dead on the other, 20 times out of 20", async () => {
    const late: number[] = [];
    for (let round = 0; round < 20; round++) {
      const { kid } = await admin.call<{ kid: string }>("POST", "/keys/rotate", { alg: "ES256" });
      const tokens = await Promise.all(lines.map((each) => signedBy(kid, each)));
      for (const each of lines) for (const token of tokens) expect(await each.active(rs, token)).toBe(true);
      const told = await line(round).json(
        `/admin/v1/keys/${kid}/compromise`,
        { reason: "test" },
        { authorization: `Bearer ${await admin.token()}` },
      );
      // The administrator's own token may have been signed by it, then there is no telling.
      expect(told.status).toBe(200);
      for (const token of tokens) if (await line(round + 1).active(rs, token)) late.push(round);
    }
    expect(late).toEqual([]);
  });

  it("show one sum of metrics, whichever is asked", async () => {
    const count = (text: string, name: string): number =>
      [...text.matchAll(new RegExp(`^${name}\\{[^}]*\\} (\\d+)$`, "gm"))].reduce((sum, match) => sum + Number(match[1]), 0);
    const issued = async (at: WorkerLine): Promise<number> => count((await at.get("/metrics")).text, "grantline_tokens_issued_total");
    // What was appended is counted a moment after it is answered.
    const settled = async (at: WorkerLine): Promise<number> => {
      let now = await issued(at);
      for (let same = 0; same < 5; await sleep(150)) {
        const last = now;
        now = await issued(at);
        same = last === now ? same + 1 : 0;
      }
      return now;
    };
    const before = await settled(line(0));
    for (let index = 0; index < 10; index++) await issue(line(index));
    for (const each of lines) await expect.poll(() => issued(each)).toBe(before + 10);
    const [first, second] = await Promise.all(lines.map(async (each) => (await each.get("/metrics")).text));
    const answered = [first, second].map((text) => count(text as string, "grantline_http_request_duration_seconds_count"));
    expect(Math.abs((answered[0] as number) - (answered[1] as number))).toBeLessThan(3);
    expect(first).toMatch(/^grantline_projection_parked_events\{projection="grants"\} 0$/m);
  });
});

describe("a process that is killed", () => {
  it("as a worker is replaced, and nothing it acknowledged is lost", async () => {
    const [victim, other] = lines as [WorkerLine, WorkerLine];
    const acknowledged: string[] = [];
    let over = false;
    const load = Array.from({ length: 8 }, async () => {
      while (!over) {
        const answer = await issue(victim).catch(() => undefined); // cut off in the middle: nothing was acknowledged
        if (answer?.status === 200) acknowledged.push(answer.body["access_token"] as string);
      }
    });
    while (acknowledged.length <= 10) await sleep(20);
    process.kill(victim.pid, "SIGKILL");
    await sleep(100);
    over = true;
    await Promise.all(load);
    victim.close();
    for (const token of acknowledged) expect(await other.active(rs, token)).toBe(true);
    let fresh: readonly WorkerLine[] = [];
    for (const end = Date.now() + 60_000; fresh.length < 2 && Date.now() < end;)
      fresh = await linesToWorkers(server.port).catch(() => sleep(250).then(() => []));
    expect(fresh.map(({ pid }) => pid)).toContain(other.pid);
    expect(fresh.map(({ pid }) => pid)).not.toContain(victim.pid);
    lines = fresh;
    for (const each of lines) expect((await issue(each)).status).toBe(200);
  }, 120_000);

  it("as the primary takes its workers along, and the next start has everything", async () => {
    const token = (await issue(line(1))).body["access_token"] as string;
    const revoked = (await issue(line(0))).body["access_token"] as string;
    expect((await revoke(line(1), revoked)).status).toBe(200);
    const pids = lines.map(({ pid }) => pid);
    await server.kill("SIGKILL");
    for (const pid of pids) await gone(pid);
    for (const each of lines) each.close();
    await server.start();
    lines = await linesToWorkers(server.port);
    for (const each of lines) expect([await each.active(rs, token), await each.active(rs, revoked)]).toEqual([true, false]);
    expect(await verifyDataFolder(server.dataDir)).toMatchObject({ kind: "intact" });
  });

  it("by SIGTERM drains, ends its workers and leaves the chains intact", async () => {
    const pids = lines.map(({ pid }) => pid);
    const slow = postForm(
      `${server.issuer}/token`,
      { grant_type: "client_credentials", scope: "read", resource: RESOURCE },
      { authorization: basic(machine.client_id, machine.client_secret) },
    );
    expect((await slow).status).toBe(200);
    for (const each of lines) each.close();
    expect(await server.kill("SIGTERM")).toBe(0);
    for (const pid of pids) await gone(pid);
    expect(await verifyDataFolder(server.dataDir)).toMatchObject({ kind: "intact" });
    const grants = Map.groupBy(await eventsIn(server.dataDir, "grant-"), ({ stream }) => stream);
    for (const events of grants.values()) expect(events.filter(({ type }) => type === "CodeRedeemed").length).toBeLessThan(2);
  });
});
