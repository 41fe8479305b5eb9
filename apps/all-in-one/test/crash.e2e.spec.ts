/*
 * Real: the built server as a process, SIGKILL, HTTP, the SQLite files. Made: nothing.
 * A driver issues, redeems, refreshes and revokes in parallel while the server is killed again and again (P1 to P5).
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { verifyStream } from "@grantline/event-store";
import {
  ADMIN_SECRET,
  basic,
  introspect,
  obtainCode,
  obtainTokens,
  Person,
  postForm,
  redeem,
  refresh,
  register,
  ServerProcess,
  TestAdmin,
  type Registered,
} from "@grantline/testing";
import { afterAll, beforeAll, expect, it } from "vitest";

const KILLS = 50;
const RESOURCE = "https://crash.example/mcp";

let server: ServerProcess;
let rs: { client_id: string; client_secret: string };
let machine: { client_id: string; client_secret: string };
let app: Registered;

const issued: string[] = [];
const revoked = new Set<string>();
/** Asked to be revoked, answer lost: either outcome is right. */
const unknown = new Set<string>();
const violations: string[] = [];
const codeRedemptions: number[] = [];
const families: { token: string; rotations: number }[] = [];

beforeAll(async () => {
  server = await ServerProcess.create({
    env: {
      GRANTLINE_REFRESH_RETRY_WINDOW: "300",
      GRANTLINE_LIFETIME_SERVICE_ACCESS_TOKEN: "7200",
      GRANTLINE_ACCESS_TOKEN_FORMAT: "opaque",
    },
  });
  await server.start();
  const admin = new TestAdmin(server.origin, server.issuer, ADMIN_SECRET);
  rs = await admin.resource(RESOURCE, ["read"]);
  machine = await admin.machine();
  app = await register(server.issuer, {});
});

afterAll(async () => {
  await server.kill();
  rmSync(server.dataDir, { recursive: true, force: true });
});

/** Runs until `stop` is true; what fails because the server is away is simply tried again. */
async function repeat(stop: () => boolean, job: () => Promise<void>): Promise<void> {
  while (!stop()) {
    try {
      await job();
    } catch (error) {
      if (error instanceof Error && error.message.startsWith("VIOLATION")) violations.push(error.message);
    }
    // gives the other drivers their turn, and keeps the number of tokens to check at the end in hand
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function issueOne(): Promise<void> {
  const response = await postForm(
    `${server.issuer}/token`,
    { grant_type: "client_credentials", scope: "read", resource: RESOURCE },
    { authorization: basic(machine.client_id, machine.client_secret) },
  );
  if (response.status === 200) issued.push(((await response.json()) as { access_token: string }).access_token);
  else if (response.status < 500) throw new Error(`VIOLATION issue: ${response.status} ${await response.text()}`);
}

async function revokeOne(): Promise<void> {
  const token = issued[Math.floor(Math.random() * issued.length)];
  if (token === undefined) return;
  unknown.add(token);
  const response = await postForm(`${server.issuer}/revoke`, { token }, { authorization: basic(machine.client_id, machine.client_secret) });
  if (response.status === 200) revoked.add(token);
}

async function refreshOne(family: { token: string; rotations: number }): Promise<void> {
  const response = await refresh(server.issuer, app, family.token);
  const body = await response.text();
  if (response.status === 200) {
    family.token = (JSON.parse(body) as { refresh_token: string }).refresh_token;
    family.rotations += 1;
  } else if (response.status < 500) {
    throw new Error(`VIOLATION refresh: a lost answer ended the family: ${response.status} ${body}`);
  }
}

/** A code is presented again and again, twice at once, while the server dies under it: at most one redemption may ever succeed. */
async function redeemOne(person: Person): Promise<void> {
  const { code, verifier } = await obtainCode(person, { issuer: server.issuer, client: app, scope: "read", resource: RESOURCE });
  let successes = 0;
  for (let attempt = 0; attempt < 3; attempt++) {
    const answers = await Promise.allSettled([
      redeem({ issuer: server.issuer, client: app }, code, verifier),
      redeem({ issuer: server.issuer, client: app }, code, verifier),
    ]);
    successes += answers.filter((answer) => answer.status === "fulfilled" && answer.value.status === 200).length;
  }
  codeRedemptions.push(successes);
}

it(`keeps every promise through ${KILLS} SIGKILLs under load`, { timeout: 900_000 }, async () => {
  for (let index = 0; index < 3; index++) {
    const { refresh_token } = await obtainTokens(new Person(server.origin), {
      issuer: server.issuer,
      client: app,
      scope: "read",
      resource: RESOURCE,
    });
    families.push({ token: refresh_token as string, rotations: 0 });
  }
  let over = false;
  const stop = (): boolean => over;
  const people = [new Person(server.origin)];
  const jobs = [
    ...Array.from({ length: 4 }, () => repeat(stop, issueOne)),
    ...Array.from({ length: 2 }, () => repeat(stop, revokeOne)),
    ...families.map((family) => repeat(stop, () => refreshOne(family))),
    ...people.map((person) => repeat(stop, () => redeemOne(person))),
  ];
  for (let kill = 0; kill < KILLS; kill++) {
    await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 500));
    await server.kill("SIGKILL");
    await server.start();
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  over = true;
  await Promise.all(jobs);
  console.log(
    `crash test: ${KILLS} kills, ${issued.length} tokens, ${revoked.size} revocations, ${families.reduce((sum, { rotations }) => sum + rotations, 0)} rotations, ${codeRedemptions.length} codes`,
  );

  expect(violations).toEqual([]);
  expect(codeRedemptions.length).toBeGreaterThan(0);
  expect(codeRedemptions.filter((successes) => successes > 1)).toEqual([]);
  expect(revoked.size).toBeGreaterThan(10);
  for (const [index, token] of issued.entries()) {
    const { active } = await introspect(server.issuer, rs, token);
    if (active ? revoked.has(token) : !unknown.has(token))
      violations.push(`${active ? "revoked but active" : "acknowledged but unknown"}: token ${index}`);
  }
  expect(violations).toEqual([]);
  for (const family of families) expect((await refresh(server.issuer, app, family.token)).status).toBe(200);
  await server.kill("SIGTERM");
  expect(faultsInTheLog()).toEqual([]);
});

/** Reads the log itself: no gap, chains hold, no code and no generation was used twice. */
function faultsInTheLog(): string[] {
  const db = new DatabaseSync(join(server.dataDir, "events.db"), { readOnly: true });
  const rows = db.prepare("SELECT stream, revision, id, type, hash, body FROM events ORDER BY stream, revision").all() as unknown as {
    stream: string;
    revision: number;
    id: string;
    type: string;
    hash: string;
    body: string;
  }[];
  db.close();
  const faults: string[] = [];
  for (const [stream, events] of Map.groupBy(rows, (row) => row.stream)) {
    const verification = verifyStream(events);
    if (verification.kind !== "intact") faults.push(`${stream}: ${JSON.stringify(verification)}`);
    if (!stream.startsWith("grant-")) continue;
    if (events.filter(({ type }) => type === "CodeRedeemed").length > 1) faults.push(`${stream}: code redeemed twice`);
    const generations = events
      .filter(({ type }) => type === "RefreshTokenRotated")
      .map(({ body }) => (JSON.parse(body) as { data: { refresh: { generation: number } } }).data.refresh.generation);
    if (new Set(generations).size !== generations.length) faults.push(`${stream}: a generation was made twice`);
  }
  return faults;
}
