/*
 * P9 in the distributed shape. Real: every service as a process, PostgreSQL with pg_dump, Redis, Kafka with its files, the command line. Made: a person whose
 * name, login name and mail address are found nowhere else, and who comes from an address nobody else has.
 */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { parquetReadObjects } from "hyparquet";
import { Kafka, logLevel } from "kafkajs";
import { inspectRedis } from "@grantline/read-model-redis";
import { obtainTokens, refresh, register, type Registered, type Tokens } from "@grantline/testing";
import { startDistributed, type Distributed } from "@grantline/testing/distributed";
import {
  kafkaLib,
  noOwnPostgres,
  noRedis,
  startKafka,
  startPostgres,
  startRedis,
  type KafkaGround,
  type TestPostgres,
  type TestRedis,
} from "@grantline/testing/ground";
import { Agent, fetch as fetchThrough } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const CLI = join(import.meta.dirname, "..", "..", "cli", "dist", "main.js");
const RESOURCE = "https://erasure.example/mcp";
const CANARY = {
  username: "quillon-xabier",
  password: "pw-of-the-canary-9Zk",
  email: "quillon.xabier@canary.invalid",
  name: "Quillon Xabierson",
  ip: "127.91.83.77",
};
const PERSONAL = [CANARY.username, CANARY.email, CANARY.name, CANARY.ip, "Quillon", "Xabierson"];
const missing = noOwnPostgres || noRedis || kafkaLib() === undefined;

describe.skipIf(missing)("needs PostgreSQL, Redis and Kafka: a person who is erased", () => {
  const folder = mkdtempSync(join(tmpdir(), "grantline-erasure-"));
  let postgres: TestPostgres;
  let redis: TestRedis;
  let kafka: KafkaGround;
  let platform: Distributed;
  let databaseUrl: string;
  let client: Registered;
  let tokens: Tokens;
  let subject: string;
  let said = "";

  beforeAll(async () => {
    const config = join(folder, "grantline.json");
    const { username, password, email, name } = CANARY;
    writeFileSync(
      config,
      JSON.stringify({ people: { devUsers: [{ username, password, claims: { email, name, email_verified: true } }] } }),
    );
    [postgres, redis, kafka] = await Promise.all([startPostgres({ own: true }), startRedis(), startKafka({ base: folder })]);
    databaseUrl = await postgres.createDatabase();
    platform = await startDistributed({
      engines: { postgresUrl: databaseUrl, redisUrl: redis.url, kafkaBrokers: kafka.brokers.join(",") },
      env: { GRANTLINE_CONFIG: config, GRANTLINE_LOG_LEVEL: "debug" },
    });
  }, 180_000);
  afterAll(async () => {
    await platform?.stop();
    await Promise.all([kafka?.stop(), redis?.stop(), postgres?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  async function grantline(...args: readonly string[]): Promise<string> {
    const env = { PATH: process.env["PATH"] ?? "", ...platform.env };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [CLI, ...args], { env, cwd: folder, maxBuffer: 1 << 26 });
    said += stdout + stderr;
    return stdout;
  }

  /** What is fetched meanwhile is fetched from the canary's address. */
  async function fromTheirAddress<T>(work: () => Promise<T>): Promise<T> {
    const usual = globalThis.fetch;
    const dispatcher = new Agent({ localAddress: CANARY.ip });
    globalThis.fetch = ((url: string, options: object = {}) => fetchThrough(url, { ...options, dispatcher })) as unknown as typeof fetch;
    try {
      return await work();
    } finally {
      globalThis.fetch = usual;
      await dispatcher.close();
    }
  }

  function login(): Promise<Tokens> {
    const { username, password } = CANARY;
    const options = {
      issuer: platform.issuer,
      client,
      scope: "openid profile email read offline_access",
      resource: RESOURCE,
      username,
      password,
    };
    return fromTheirAddress(() => obtainTokens(platform.person(), options));
  }

  const subjectOf = (token: string): string =>
    (JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { sub: string }).sub;

  /** Every place where anything is kept or said, by name. */
  async function everything(): Promise<ReadonlyMap<string, string>> {
    const places = new Map<string, string>();
    places.set(
      "pg_dump",
      execFileSync(join(postgres.bin, "pg_dump"), ["--dbname", databaseUrl], { maxBuffer: 1 << 28 }).toString("latin1"),
    );
    const keySpace = platform.env["GRANTLINE_REDIS_KEY_SPACE"] ?? "local";
    places.set("Redis", (await inspectRedis({ url: redis.url, keySpace })).map(({ key, text }) => `${key} ${text}`).join("\n"));
    for (const [name, text] of await topics()) places.set(`topic ${name}`, text);
    for (const file of filesBelow(folder)) if (!file.endsWith("grantline.json")) places.set(file, readFileSync(file).toString("latin1"));
    for (const name of ["token-service", "client-registry", "rotation-worker", "audit-projector"] as const)
      places.set(
        `log of ${name}`,
        platform
          .all(name)
          .map((one) => one.output())
          .join("\n"),
      );
    places.set("the command line", said);
    return places;
  }

  /** What was relayed, read as a consumer reads it. */
  async function topics(): Promise<ReadonlyMap<string, string>> {
    const client = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING });
    const texts = new Map<string, string>();
    const admin = client.admin();
    await admin.connect();
    const names = (await admin.listTopics()).filter((name) => name.startsWith("grantline."));
    const ends = await Promise.all(
      names.map(async (name) => (await admin.fetchTopicOffsets(name)).reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0)),
    );
    await admin.disconnect();
    const consumer = client.consumer({ groupId: `erasure-${Math.random()}` });
    await consumer.connect();
    let left = ends.reduce((sum, count) => sum + count, 0);
    await consumer.subscribe({ topics: names, fromBeginning: true });
    await new Promise<void>((resolve) => {
      if (left === 0) resolve();
      void consumer.run({
        eachMessage: async ({ topic, message }) => {
          const text = `${message.key?.toString() ?? ""} ${JSON.stringify(message.headers, (_, value) => (value instanceof Buffer ? value.toString() : value))} ${message.value?.toString() ?? ""}`;
          texts.set(topic, `${texts.get(topic) ?? ""}${text}\n`);
          if (--left <= 0) resolve();
        },
      });
    });
    await consumer.disconnect();
    return texts;
  }

  const found = (places: ReadonlyMap<string, string>): readonly string[] =>
    [...places].flatMap(([place, text]) =>
      PERSONAL.filter((value) => spellings(value).some((one) => text.includes(one))).map((value) => `${value} in ${place}`),
    );

  it("was known: logged in from an address, consented, and the claims open", async () => {
    expect(await fromTheirAddress(whoAsks)).toBe(CANARY.ip);
    expect(found(new Map([["the settings", readFileSync(join(folder, "grantline.json"), "utf8")]]))).not.toEqual([]);
    await platform.admin.resource(RESOURCE, ["read"]);
    client = await register(platform.issuer);
    tokens = await login();
    subject = subjectOf(tokens.access_token);
    const { scope } = (await (await refresh(platform.issuer, client, tokens.refresh_token as string)).json()) as Tokens;
    expect(scope).toContain("email");
    const claims = JSON.parse(Buffer.from((tokens.id_token as string).split(".")[1] ?? "", "base64url").toString()) as object;
    expect(claims).toMatchObject({ email: CANARY.email, name: CANARY.name });
    const row = await platform.admin.call<object>("GET", `/subjects/${subject}`);
    expect(row).toMatchObject({ status: "active" });
  });

  it("is gone after `grantline subject erase`: tokens are dead, and the relay has passed that on", async () => {
    const said = JSON.parse(await grantline("subject", "erase", subject, "--yes", "--json")) as object;
    expect(said).toMatchObject({ subject, status: "erased" });
    expect((await refresh(platform.issuer, client, tokens.refresh_token as string)).status).toBe(400);
    const deadline = performance.now() + 30_000;
    while (!((await topics()).get("grantline.events") ?? "").includes("SubjectErased")) {
      if (performance.now() > deadline) throw new Error("SubjectErased was not relayed within 30 s");
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  });

  it("is in no dump, topic, log, snapshot or export, in any spelling", async () => {
    for (const format of ["jsonl", "csv", "parquet", "cloudevents", "ocsf"])
      await grantline("audit", "replay", "--format", format, "--out", join(folder, `export.${format}`), "--manifest");
    const parquet = readFileSync(join(folder, "export.parquet"));
    const rows = await parquetReadObjects({
      file: parquet.buffer.slice(parquet.byteOffset, parquet.byteOffset + parquet.byteLength) as ArrayBuffer,
    });
    await grantline("audit", "subject", subject, "--to", join(folder, "report"));
    await grantline("audit", "evidence", "--from", "2020-01-01", "--until", "2100-01-01", "--to", join(folder, "evidence"));
    const places = new Map([
      ...(await everything()),
      ["rows of export.parquet", JSON.stringify(rows, (_, value) => (typeof value === "bigint" ? String(value) : value))],
    ]);
    // what is surely there is found: the search looks into each place
    for (const place of [
      "pg_dump",
      "topic grantline.events",
      "rows of export.parquet",
      join(folder, "export.csv"),
      join(folder, "export.ocsf"),
    ])
      expect([place, places.get(place)?.includes(subject)]).toEqual([place, true]);
    expect(places.get("Redis")?.length).toBeGreaterThan(1_000);
    expect([...places.keys()].some((name) => name.includes("grantline.events-") && name.endsWith(".log"))).toBe(true);
    expect(found(places)).toEqual([]);
    // nor is the key that opened what is sealed
    expect(/^COPY grantline_keys\.subject_keys[^]*?^\\\.$/m.exec(places.get("pg_dump") ?? "")?.[0]).not.toContain(subject);
  }, 120_000);

  it("leaves a log whose chains and tree verify, and that replays", async () => {
    expect(await grantline("audit", "verify")).toMatch(/^intact: /);
    expect(await grantline("events", "verify")).toMatch(/^intact: /);
    expect(await grantline("projections", "rebuild")).toMatch(/^rebuilt all projections: [1-9]/);
    const types = (await grantline("audit", "replay", "--subject", subject))
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toEqual(expect.arrayContaining(["SubjectSeen", "ConsentGranted", "GrantAuthorized", "SubjectErased"]));
  }, 120_000);

  it("comes back as somebody new", async () => {
    const again = await login();
    expect(subjectOf(again.access_token)).not.toBe(subject);
  });
});

/** The address a server sees us come from. */
async function whoAsks(): Promise<string> {
  const server = createServer((request, answer) => answer.end(request.socket.remoteAddress));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await (await fetch(`http://localhost:${(server.address() as AddressInfo).port}`)).text();
  } finally {
    server.close();
  }
}

/** As text, and as bytes that were encoded along the way. */
function spellings(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  const unpadded = (text: string): string => text.slice(0, Math.floor((text.length - 4) / 4) * 4);
  return [
    value,
    encodeURIComponent(value),
    bytes.toString("hex"),
    unpadded(bytes.toString("base64")),
    unpadded(bytes.toString("base64url")),
  ].filter((text) => text.length >= 6);
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}
