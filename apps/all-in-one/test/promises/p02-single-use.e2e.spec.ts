/*
 * P2. Real: the whole server over HTTP, alone and as two worker processes on one log. Made: nothing.
 */
import { rmSync } from "node:fs";
import {
  ADMIN_SECRET,
  authorizationUrl,
  decideDevice,
  obtainCode,
  obtainTokens,
  Person,
  pkce,
  postForm,
  redeem,
  refresh,
  register,
  ServerProcess,
  TestAdmin,
  type Registered,
} from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventsIn } from "../support/event-log.ts";

const RESOURCE = "https://single.example/mcp";

describe.each([1, 2])("single use under any concurrency, %i process(es) (P2)", (workers) => {
  let server: ServerProcess;
  let client: Registered;

  beforeAll(async () => {
    server = await ServerProcess.create({ env: { GRANTLINE_WORKERS: String(workers), GRANTLINE_REFRESH_RETRY_WINDOW: "0" } });
    await server.start();
    await new TestAdmin(server.origin, server.issuer, ADMIN_SECRET).resource(RESOURCE, ["read"]);
    client = await register(server.issuer);
  });
  afterAll(async () => {
    await server.kill("SIGTERM");
    rmSync(server.dataDir, { recursive: true, force: true });
  });

  const options = () => ({ issuer: server.issuer, client, scope: "read", resource: RESOURCE });
  const fifty = <T>(work: () => Promise<T>): Promise<readonly T[]> => Promise.all(Array.from({ length: 50 }, work));
  const codesIn = (callbacks: readonly (URL | undefined)[]): readonly string[] =>
    callbacks.flatMap((callback) => callback?.searchParams.get("code") ?? []);

  it("of 50 redemptions of a code one succeeds", async () => {
    const { code, verifier } = await obtainCode(new Person(server.origin), options());
    const answers = await fifty(() => redeem(options(), code, verifier));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 49 }, () => 400)]);
  });

  it("of 50 uses of a refresh token without a retry window one succeeds, and one successor was ever made", async () => {
    const { refresh_token } = await obtainTokens(new Person(server.origin), options());
    const answers = await fifty(() => refresh(server.issuer, client, refresh_token as string));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 49 }, () => 400)]);
    const grant = /^gl_rt_([a-z0-9]+)\./.exec(refresh_token as string)?.[1];
    const types = (await eventsIn(server.dataDir, `grant-${grant}`)).map(({ type }) => type);
    expect(types.filter((type) => type === "RefreshTokenRotated")).toHaveLength(1);
  });

  it("of 50 polls with an allowed device code one gets tokens, and they live", async () => {
    const grant = "urn:ietf:params:oauth:grant-type:device_code";
    const { client_id } = await register(server.issuer, { grant_types: ["authorization_code", "refresh_token", grant] });
    const asked = await postForm(`${server.issuer}/device_authorization`, { client_id, scope: "read", resource: RESOURCE });
    const device = (await asked.json()) as { device_code: string; user_code: string };
    await decideDevice(new Person(server.origin), { issuer: server.issuer, userCode: device.user_code });
    const form = { grant_type: grant, client_id, device_code: device.device_code };
    const answers = await fifty(() => postForm(`${server.issuer}/token`, form));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 49 }, () => 400)]);
    const tokens = (await answers.find(({ status }) => status === 200)?.json()) as { refresh_token: string };
    expect((await refresh(server.issuer, { ...client, client_id }, tokens.refresh_token)).status).toBe(200);
  });

  it("of 50 uses of a pushed request by a person who need not be asked one leads to a code", async () => {
    const person = new Person(server.origin);
    await obtainCode(person, options());
    const query = new URL(authorizationUrl(options(), pkce().challenge)).searchParams;
    const pushed = await postForm(`${server.issuer}/par`, Object.fromEntries(query));
    const { request_uri } = (await pushed.json()) as { request_uri: string };
    const url = `${server.issuer}/authorize?${new URLSearchParams({ client_id: client.client_id, request_uri })}`;
    const steps = await fifty(() => person.open(url));
    expect(codesIn(steps.map((step) => (step.kind === "callback" ? step.url : undefined)))).toHaveLength(1);
  });

  it("of 50 answers to one consent page one leads to a code", async () => {
    const person = new Person(server.origin);
    const url = authorizationUrl({ ...options(), more: { prompt: "consent" } }, pkce().challenge);
    const login = await person.open(url);
    const page = await person.submit(login, "login-form", { username: "demo", password: "demo" });
    if (page.kind !== "page") throw new Error("expected the consent page");
    const decision = /<button[^>]*id="consent-allow"[^>]*>/.exec(page.html)?.[0] ?? "";
    const [name, value] = [/name="([^"]+)"/.exec(decision)?.[1] ?? "", /value="([^"]+)"/.exec(decision)?.[1] ?? ""];
    const steps = await fifty(() => person.submit(page, "consent-form", { [name]: value }));
    expect(codesIn(steps.map((step) => (step.kind === "callback" ? step.url : undefined)))).toHaveLength(1);
  });
});
