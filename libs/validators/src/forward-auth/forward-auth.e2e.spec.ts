// Real: the whole Grantline server over HTTP. Fake: the gateways, whose requests are made as their documentation says.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { basic } from "@grantline/testing";
import { startValidatorWorld, type ValidatorWorld } from "../testing/world.ts";

let world: ValidatorWorld;
let token: string;
beforeAll(async () => {
  world = await startValidatorWorld();
  token = await world.token(world.notes);
});
afterAll(() => world.close());

const gateway = (): string => basic(world.notes.client_id, world.notes.client_secret);
const ask = (path: string, headers: Readonly<Record<string, string>>, method = "GET") =>
  fetch(`${world.platform.issuer}/v1/forward-auth${path}`, {
    method,
    headers: { "x-grantline-gateway": gateway(), authorization: `Bearer ${token}`, ...headers },
  });
const resource = (): string => `resource=${encodeURIComponent(world.notes.uri)}`;

describe("the question of a gateway", () => {
  it("names the resource itself, and the answer may not be kept", async () => {
    const answer = await ask(`?${resource()}&scope=read`, {});
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(answer.headers.get("x-auth-resource")).toBe(world.notes.uri);
    expect(Number(answer.headers.get("x-auth-expires"))).toBeGreaterThan(Date.now() / 1000);
    expect(await answer.text()).toBe("");
  });

  it("as Traefik's forwardAuth: the URL is in headers it writes over, and leads to the resource it belongs to", async () => {
    const traefik = (uri: string, host = "notes.example") => ({
      "x-forwarded-proto": "https",
      "x-forwarded-host": host,
      "x-forwarded-uri": uri,
    });
    const statuses = async (uri: string, host?: string) => (await ask("?from=forwarded&scope=read", traefik(uri, host))).status;
    for (const uri of ["/mcp", "/mcp/session/1?x=https://mail.example/mcp", "/mcp/"])
      expect([uri, await statuses(uri)]).toEqual([uri, 200]);
    for (const uri of ["/mcpx", "/", "/other/%2e%2e/mcp", "/other/../mcp"]) expect([uri, await statuses(uri)]).toEqual([uri, 400]);
    expect(await statuses("/mcp", "mail.example")).toBe(400);
  });

  it("as ingress-nginx: the URL is in X-Original-URL", async () => {
    expect((await ask("?from=original-url", { "x-original-url": `${world.notes.uri}/x` })).status).toBe(200);
    expect((await ask("?from=original-url", {})).status).toBe(400);
  });

  it("as Envoy's ext_authz: the original's path and method below ours, and only its own headers count", async () => {
    const envoy = { "x-grantline-resource": world.notes.uri, "x-grantline-scope": "read" };
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"])
      expect((await ask(`/mcp?resource=${encodeURIComponent(world.mail.uri)}`, envoy, method)).status).toBe(200);
    expect((await ask(`/mcp?${resource()}`, {}, "POST")).status).toBe(400);
    expect((await ask("/mcp", { ...envoy, "x-grantline-scope": "write" }, "POST")).status).toBe(403);
  });

  it("is not answered at the path itself by headers anybody could send", async () => {
    expect((await ask("", { "x-grantline-resource": world.notes.uri })).status).toBe(400);
  });

  it("is answered to the resource's own client and to those an operator named, and to nobody else", async () => {
    const stranger = { "x-grantline-gateway": basic(world.machine.client_id, world.machine.client_secret) };
    expect((await ask(`?${resource()}`, stranger)).status).toBe(400);
    const wrong = { "x-grantline-gateway": basic(world.notes.client_id, "wrong") };
    const refused = await ask(`?${resource()}`, wrong);
    expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([400, null]);
    const named = await world.platform.admin.machine({ settings: { introspects: [world.notes.resource_id] } });
    const admitted = { "x-grantline-gateway": basic(named.client_id, named.client_secret) };
    expect((await ask(`?${resource()}`, admitted)).status).toBe(200);
  });

  it("without the gateway's credential is one it can't answer", async () => {
    const answer = await fetch(`${world.platform.issuer}/v1/forward-auth?${resource()}`, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(400);
  });

  it("is answered for a person with their pseudonym and the grant, and with no personal datum", async () => {
    const { access } = await world.personToken(world.notes);
    const answer = await ask(`?${resource()}`, { authorization: `Bearer ${access}` });
    expect([answer.status, answer.headers.get("x-auth-entity")]).toEqual([200, "human"]);
    expect(answer.headers.get("x-auth-grant")).toMatch(/^[a-z0-9]+$/);
    expect(JSON.stringify([...answer.headers])).not.toMatch(/alice|@/);
  });
});
