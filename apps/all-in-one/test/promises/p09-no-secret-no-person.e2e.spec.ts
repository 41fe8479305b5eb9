/*
 * P9. Real: the whole server over HTTP, the bytes of every file and every row of what it keeps, PostgreSQL and Redis where it runs on them. Made: a person whose name and address are found nowhere else.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ADMIN_SECRET,
  authorizationUrl,
  basic,
  keptBy,
  obtainCode,
  obtainTokens,
  pkce,
  postForm,
  redeem,
  refresh,
  register,
  startTestPlatform,
  type Person,
  type TestPlatform,
  type Tokens,
} from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventsIn, verifyDataFolder } from "../support/event-log.ts";

const RESOURCE = "https://canary.example/mcp";
const CANARY = {
  username: "zaphira-quux",
  password: "pw-of-the-canary-7Qx",
  email: "zaphira.quux@canary.invalid",
  name: "Zaphira Quuxington",
};
const settings = mkdtempSync(join(tmpdir(), "grantline-canary-"));
let server: TestPlatform;
let person: Person;
let subject: string;
/** Every value handed out that must not be found in a file. */
const secrets = new Map<string, string>([
  ["admin secret", ADMIN_SECRET],
  ["password", CANARY.password],
]);

beforeAll(async () => {
  writeFileSync(
    join(settings, "grantline.json"),
    JSON.stringify({
      people: {
        devUsers: [
          {
            username: CANARY.username,
            password: CANARY.password,
            claims: { email: CANARY.email, name: CANARY.name, email_verified: true },
          },
        ],
      },
    }),
  );
  server = await startTestPlatform({ env: { GRANTLINE_CONFIG: join(settings, "grantline.json") } });
  person = server.person();
  await everythingThatHandsOutASecret();
});
afterAll(async () => {
  await server.close();
  for (const folder of [settings, server.dataDir]) rmSync(folder, { recursive: true, force: true });
});

async function everythingThatHandsOutASecret(): Promise<void> {
  const rs = await server.admin.resource(RESOURCE, ["read"], { token_policy: { format: "opaque" } });
  const machine = await server.admin.machine();
  // This answer is kept for repeats of the request, so its secret is somewhere, sealed.
  const kept = (await (
    await server.admin.raw(
      "POST",
      "/clients",
      { client_name: "Kept", grant_types: ["client_credentials"], redirect_uris: [], response_types: [] },
      { "idempotency-key": "canary" },
    )
  ).json()) as { client_secret: string };
  const client = await register(server.issuer, { token_endpoint_auth_method: "client_secret_basic" });
  const options = {
    issuer: server.issuer,
    client,
    scope: "openid profile email read offline_access",
    resource: RESOURCE,
    username: CANARY.username,
    password: CANARY.password,
  };
  const pushed = (await (
    await postForm(`${server.issuer}/par`, Object.fromEntries(new URL(authorizationUrl(options, pkce().challenge)).searchParams), {
      authorization: basic(client.client_id, client.client_secret as string),
    })
  ).json()) as { request_uri: string };
  const { code, verifier } = await obtainCode(person, options);
  const first = (await (await redeem(options, code, verifier)).json()) as Tokens;
  const second = (await (await refresh(server.issuer, client, first.refresh_token as string)).json()) as Tokens;
  await refresh(server.issuer, client, first.refresh_token as string);
  const own = (await (
    await postForm(
      `${server.issuer}/token`,
      { grant_type: "client_credentials", scope: "read", resource: RESOURCE },
      { authorization: basic(machine.client_id, machine.client_secret) },
    )
  ).json()) as Tokens;
  const keep = (name: string, value: string | undefined): void => void secrets.set(name, value ?? "absent-value-that-is-nowhere");
  keep("code", code);
  keep("verifier", verifier);
  keep("access token", first.access_token);
  keep("second access token", second.access_token);
  keep("refresh token", first.refresh_token);
  keep("second refresh token", second.refresh_token);
  keep("id token", first.id_token);
  keep("machine's access token", own.access_token);
  keep("admin token", await server.admin.token());
  keep("request_uri", pushed.request_uri);
  keep("client secret", client.client_secret);
  keep("registration token", client.registration_access_token);
  keep("resource server's secret", rs.client_secret);
  keep("machine's secret", machine.client_secret);
  keep("secret in a kept answer", kept.client_secret);
  for (const [name, value] of person.cookies) keep(`cookie ${name}`, value);
  const { items } = await server.admin.call<{ items: { subject: string }[] }>("GET", "/subjects");
  subject = items[0]?.subject as string;
}

/** A value in the clothes it could be written in; for tokens also their secret part alone. */
function spellings(value: string): readonly Buffer[] {
  const bytes = Buffer.from(value);
  const core = /\.([A-Za-z0-9_-]{43})[0-9A-Za-z]{6}$/.exec(value)?.[1];
  const unpadded = (text: string): string => text.slice(0, Math.floor((text.length - 4) / 4) * 4);
  return [
    value,
    bytes.toString("hex"),
    unpadded(bytes.toString("base64")),
    unpadded(bytes.toString("base64url")),
    ...(core === undefined ? [] : [core, Buffer.from(core, "base64url").toString("hex")]),
  ]
    .map((text) => Buffer.from(text))
    .concat(core === undefined ? [] : [Buffer.from(core, "base64url")]);
}

/** Where which of the values lies: in the bytes on disk, or in what they mean (PostgreSQL and Redis pack some of it). */
async function found(values: ReadonlyMap<string, string>): Promise<readonly string[]> {
  const kept = await keptBy(server.dataDir);
  const rows = Object.entries(await kept.texts()).map(([place, text]) => [place, Buffer.from(text, "latin1")] as const);
  const places = [...(await kept.files()), ...rows];
  expect(places.length).toBeGreaterThan(10);
  // what is surely there is found: the search looks in the right places
  expect(places.some(([, bytes]) => bytes.includes("AccessTokenIssued"))).toBe(true);
  return [...values].flatMap(([name, value]) =>
    spellings(value).flatMap((spelling) => places.filter(([, bytes]) => bytes.includes(spelling)).map(([place]) => `${name} in ${place}`)),
  );
}

const personal = new Map(Object.entries({ username: CANARY.username, email: CANARY.email, name: CANARY.name, family: "Quuxington" }));

describe("the log holds no secret and no clear personal data (P9)", () => {
  it("not one value that was handed out, and nothing of the person, is in any byte of what is kept", async () => {
    expect(secrets.size).toBeGreaterThan(15);
    expect(await found(secrets)).toEqual([]);
    expect(await found(personal)).toEqual([]);
  });

  it("nor in any line of the log of the server, or an error", () => {
    const lines = server.logs();
    expect([...secrets, ...personal].filter(([, value]) => lines.includes(value)).map(([name]) => name)).toEqual([]);
  });

  it("the person's data come out while the key is there", async () => {
    const client = await register(server.issuer);
    const tokens = await obtainTokens(person, {
      issuer: server.issuer,
      client,
      scope: "openid profile email",
      username: CANARY.username,
      password: CANARY.password,
    });
    const claims = (await (
      await fetch(`${server.issuer}/userinfo`, { headers: { authorization: `Bearer ${tokens.access_token}` } })
    ).json()) as Record<string, unknown>;
    expect(claims).toMatchObject({ sub: subject, email: CANARY.email, name: CANARY.name });
  });

  it("an erasure leaves the proofs and takes the person: sealed data can't be opened, chains verify, a replay works, the next login is somebody new", async () => {
    const [seen] = (await eventsIn(server.dataDir, `subject-${subject}`)).filter(({ type }) => type === "SubjectSeen");
    const open = (): Promise<string | undefined> => server.context.subjectKeys.open(subject, "claims", seen?.data["claims"] as string);
    expect(await open()).toContain(CANARY.email);
    await server.admin.call("POST", `/subjects/${subject}/erase`);
    expect(await open()).toBeUndefined();
    expect(await found(personal)).toEqual([]);
    expect(await verifyDataFolder(server.dataDir)).toMatchObject({ kind: "intact" });

    await server.close({ keepData: true });
    await (await keptBy(server.dataDir)).loseDisposable();
    server = await startTestPlatform({ dataDir: server.dataDir, env: { GRANTLINE_CONFIG: join(settings, "grantline.json") } });
    expect(await server.admin.call("GET", `/subjects/${subject}`)).toMatchObject({ subject, status: "erased" });
    const client = await register(server.issuer);
    const tokens = await obtainTokens(server.person(), {
      issuer: server.issuer,
      client,
      scope: "openid",
      username: CANARY.username,
      password: CANARY.password,
    });
    const { sub } = JSON.parse(Buffer.from(tokens.id_token?.split(".")[1] as string, "base64url").toString()) as { sub: string };
    expect(sub).not.toBe(subject);
    const { projector } = await server.admin.call<{ projector: { projections: { parked: number }[] } }>("GET", "/status");
    expect(projector.projections.every(({ parked }) => parked === 0)).toBe(true);
  });
});
