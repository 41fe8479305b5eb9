// Real: HTTP, the whole server, SQLite event store, read model and ephemeral store, keys. Fake: nothing.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HttpRequest } from "@grantline/oauth/http";
import { sha256 } from "@grantline/oauth/tokens";
import { ADMIN_SECRET, startTestPlatform, TestAdmin, type TestPlatform } from "@grantline/testing";
import { adminEndpoints } from "../admin.endpoints.ts";
import { answerOnce } from "./idempotency.ts";

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform({ frozenAt: 1_900_000_000 });
});
afterAll(() => platform.close());

const service = { grant_types: ["client_credentials"] };
const post = async (path: string, body: object | undefined, key: string) => {
  const response = await platform.admin.raw("POST", path, body, { "idempotency-key": key });
  return { status: response.status, replayed: response.headers.get("idempotency-replayed"), text: await response.text() };
};
const clients = async () => (await platform.admin.call<{ items: unknown[] }>("GET", "/clients?how=admin&limit=100")).items.length;

describe("an Idempotency-Key on a write", () => {
  it("gets the same answer again, the secret included, and is carried out once", async () => {
    const before = await clients();
    const first = await post("/clients", service, "key-1");
    const second = await post("/clients", service, '"key-1"');
    expect([first.status, first.replayed, second.status, second.replayed]).toEqual([201, null, 201, "true"]);
    expect(second.text).toBe(first.text);
    expect(await clients()).toBe(before + 1);
  });

  it("holds when twenty copies arrive at once", async () => {
    const before = await clients();
    const answers = await Promise.all(Array.from({ length: 20 }, () => post("/clients", service, "key-20")));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.every(({ status }) => status === 201)).toBe(true);
    expect(answers.filter(({ replayed }) => replayed === null)).toHaveLength(1);
    expect(await clients()).toBe(before + 1);
  });

  it("rotates a secret once, however often it is asked", async () => {
    const { client_id: id } = JSON.parse((await post("/clients", service, "key-rotate")).text) as { client_id: string };
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(`/clients/${id}/secrets`, {}, "key-rotate-2")));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect((await platform.admin.call<{ secrets: unknown[] }>("GET", `/clients/${id}`)).secrets).toHaveLength(2);
  });

  it("is refused for another request", async () => {
    await post("/clients", service, "key-3");
    expect(await post("/clients", { ...service, client_name: "Other" }, "key-3")).toMatchObject({ status: 422 });
    expect(await post("/resources", service, "key-3")).toMatchObject({ status: 422 });
  });

  it("repeats an answer to nobody who could not have got it: not to a lesser token of the same client (P14)", async () => {
    const powerful = { ...service, settings: { allowed_scopes: ["grantline:admin"] } };
    expect(await post("/clients", powerful, "key-power")).toMatchObject({
      status: 201,
      text: expect.stringContaining("client_secret") as string,
    });
    const taken = await fetch(`${platform.issuer}/token`, {
      method: "POST",
      headers: { authorization: `Basic ${Buffer.from(`grantline-admin:${ADMIN_SECRET}`).toString("base64")}` },
      body: new URLSearchParams({ grant_type: "client_credentials", scope: "grantline:clients" }),
    });
    const { access_token: lesser } = (await taken.json()) as { access_token: string };
    const headers = { authorization: `Bearer ${lesser}`, "idempotency-key": "key-power" };
    const answer = await platform.admin.raw("POST", "/clients", powerful, headers);
    expect([answer.status, await answer.text()]).toEqual([403, expect.not.stringContaining("client_secret")]);
  });

  it("repeats a refusal too", async () => {
    const first = await post("/resources", { uri: "relative", name: "x" }, "key-4");
    const second = await post("/resources", { uri: "relative", name: "x" }, "key-4");
    expect([first.status, second.status, second.replayed]).toEqual([400, 400, "true"]);
    expect(second.text).toBe(first.text);
  });

  it("must be one", async () => {
    for (const key of ["", "a b", "x".repeat(256), "\u00e4"])
      expect([key, (await post("/clients", service, key)).status]).toEqual([key, 400]);
  });

  it("means nothing on a read", async () => {
    const response = await platform.admin.raw("GET", "/clients", undefined, { "idempotency-key": "key-1" });
    expect(response.status).toBe(200);
  });

  it("carries a request on whose process died before it could keep the answer: nothing is made twice", async () => {
    const { context } = platform;
    let writes = 0;
    const dying = {
      ...context,
      readModel: {
        ...context.readModel,
        get: context.readModel.get.bind(context.readModel),
        write: (...args: Parameters<typeof context.readModel.write>) =>
          writes++ === 0 ? context.readModel.write(...args) : Promise.reject(new Error("the process died")),
      },
    };
    const create = (parts: typeof context) => adminEndpoints(parts).find(({ id }) => id === "admin-create-client");
    const token = await platform.admin.token();
    const request: HttpRequest = {
      method: "POST",
      path: "/admin/v1/clients",
      query: "",
      params: {},
      ip: "127.0.0.1",
      correlationId: "c",
      body: JSON.stringify(service),
      headers: { authorization: `Bearer ${token}`, "idempotency-key": "key-died" },
    };
    const before = await clients();
    await expect(create(dying)?.handle(request)).rejects.toThrow("the process died");
    expect(await clients()).toBe(before + 1);
    platform.advance(31);
    const answer = await create(context)?.handle(request);
    const client = JSON.parse(answer?.body ?? "") as { client_id: string; client_secret: string; secrets: unknown[] };
    expect(answer?.status).toBe(201);
    expect(client.secrets).toHaveLength(1);
    expect(await clients()).toBe(before + 1);
    expect((await context.clients.load(client.client_id)).state).toMatchObject({
      secrets: expect.arrayContaining([expect.objectContaining({ hash: sha256(client.client_secret) })]) as unknown[],
    });
  });

  it("makes copies wait for the first, and tells them so when it takes too long", async () => {
    const { context } = platform;
    const wanted = { id: "slow", requestHash: "h" };
    let release: (response: { status: number }) => void = () => undefined;
    const first = answerOnce(context, wanted, "c", () => new Promise((done) => (release = done)));
    await new Promise((done) => setTimeout(done, 20));
    await expect(answerOnce(context, wanted, "c", () => Promise.reject(new Error("must not run")), 0.1)).rejects.toMatchObject({
      status: 409,
      id: "idempotency-key-busy",
    });
    const second = answerOnce(context, wanted, "c", () => Promise.reject(new Error("must not run")));
    release({ status: 200 });
    expect([(await first).status, (await second).status]).toEqual([200, 200]);
  });

  it("lets the next one try when the first failed on our side", async () => {
    const wanted = { id: "failing", requestHash: "h" };
    await expect(answerOnce(platform.context, wanted, "c", () => Promise.reject(new Error("store gone")))).rejects.toThrow("store gone");
    expect((await answerOnce(platform.context, wanted, "c", async () => ({ status: 201 }))).status).toBe(201);
  });

  it("says so when the answer can no longer be unsealed", async () => {
    const seals = { ...platform.context.seals, open: () => undefined };
    await answerOnce(platform.context, { id: "sealed", requestHash: "h" }, "c", async () => ({ status: 201 }));
    await expect(
      answerOnce({ ...platform.context, seals }, { id: "sealed", requestHash: "h" }, "c", async () => ({ status: 201 })),
    ).rejects.toMatchObject({ id: "idempotency-answer-gone" });
  });

  it("is forgotten after a day", async () => {
    const first = await post("/clients", service, "key-day");
    platform.advance(86_401);
    const admin = new TestAdmin(platform.origin, platform.issuer, ADMIN_SECRET);
    const second = await admin.raw("POST", "/clients", service, { "idempotency-key": "key-day" });
    expect([second.status, second.headers.get("idempotency-replayed")]).toEqual([201, null]);
    expect(((await second.json()) as { client_id: string }).client_id).not.toBe(
      (JSON.parse(first.text) as { client_id: string }).client_id,
    );
  });
});
