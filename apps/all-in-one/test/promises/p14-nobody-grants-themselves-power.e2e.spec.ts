/*
 * P14. Real: the whole server over HTTP, people who log in and consent, clients registered in every way there is. Made: the metadata document's host.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  decideDevice,
  introspect,
  obtainTokens,
  postForm,
  refresh,
  register,
  startTestPlatform,
  type Registered,
  type TestPlatform,
} from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MetadataDocumentServer } from "../support/metadata-document-server.ts";
import { publishDocument, REDIRECT_URI } from "../support/registrations.ts";

const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";
const RESOURCE = "https://power.example/mcp";
const settings = mkdtempSync(join(tmpdir(), "grantline-power-"));
const PASSWORD = "a-password-for-tests";
let server: TestPlatform;
let rs: { resource_id: string; client_id: string; client_secret: string };
let document: MetadataDocumentServer;
const clients = new Map<string, Registered>();

const POLICY = {
  rules: [
    { subjects: { any: true }, entities: ["human"], verification: ["operator", "cimd", "dcr"], scopes: ["read"] },
    { subjects: { groups: ["editors"] }, entities: ["human"], verification: ["operator", "cimd"], scopes: ["write"] },
    { subjects: { claim: { name: "level", values: ["gold"] } }, entities: ["human"], verification: ["operator"], scopes: ["delete"] },
  ],
};

beforeAll(async () => {
  const people = {
    operators: ["olga"],
    devUsers: [
      { username: "olga", password: PASSWORD, groups: ["editors"], claims: { level: "gold" } },
      { username: "edith", password: PASSWORD, groups: ["editors"] },
      { username: "paul", password: PASSWORD },
    ],
  };
  writeFileSync(join(settings, "grantline.json"), JSON.stringify({ people }));
  server = await startTestPlatform({ env: { GRANTLINE_CONFIG: join(settings, "grantline.json") } });
  rs = await server.admin.resource(RESOURCE, ["read", "write", "delete"], { access_policy: POLICY });
  document = await publishDocument();
  const metadata = {
    redirect_uris: ["http://127.0.0.1/callback"],
    grant_types: ["authorization_code", "refresh_token"],
    token_endpoint_auth_method: "none",
  };
  clients.set(
    "operator",
    await server.admin.call<Registered>("POST", "/clients", {
      client_name: "Made by an operator",
      ...metadata,
      grant_types: [...metadata.grant_types, DEVICE_GRANT],
      settings: { allowed_scopes: ["read", "write", "delete", "grantline:admin", "openid", "offline_access"] },
    }),
  );
  clients.set("dcr", await register(server.issuer, metadata));
  clients.set("cimd", { client_id: document.url } as Registered);
});
afterAll(async () => {
  await document.close();
  await server.close();
  rmSync(settings, { recursive: true, force: true });
});

/** What a person ends up holding through a client, or the error the client is told. */
async function held(kind: string, username: string, scope: string, resource: string): Promise<string> {
  const more = {
    issuer: server.issuer,
    client: clients.get(kind) as Registered,
    scope,
    resource,
    redirectUri: REDIRECT_URI,
    username,
    password: PASSWORD,
  };
  try {
    const { access_token } = await obtainTokens(server.person(), more);
    const { active, scope: granted } = await introspect(
      server.issuer,
      { client_id: "grantline-admin", client_secret: "test-admin-secret-of-32-characters" },
      access_token,
    );
    return active ? [...new Set(String(granted).split(" "))].sort().join(" ") : "inactive";
  } catch (error) {
    return /error=([a-z_]+)/.exec(String(error))?.[1] ?? String(error);
  }
}

/** What a stranger ends up with who asks as a public client and has an operator type the code (RFC 8628 §5.4), or the error it is told. */
async function heldByDevice(kind: string, scope: string): Promise<string> {
  const client = { client_id: clients.get(kind)?.client_id ?? kind };
  const resource = server.context.settings.adminResource;
  const asked = await postForm(`${server.issuer}/device_authorization`, { ...client, resource, scope });
  const device = (await asked.json()) as Readonly<Record<string, string>>;
  if (!asked.ok) return String(device["error"]);
  const end = await decideDevice(server.person(), {
    issuer: server.issuer,
    userCode: String(device["user_code"]),
    username: "olga",
    password: PASSWORD,
  });
  expect(JSON.stringify(end)).toContain("data-decision");
  const polled = await postForm(`${server.issuer}/token`, {
    ...client,
    grant_type: DEVICE_GRANT,
    device_code: String(device["device_code"]),
  });
  const tokens = (await polled.json()) as Readonly<Record<string, string>>;
  if (!polled.ok) return String(tokens["error"]);
  const caller = { client_id: "grantline-admin", client_secret: "test-admin-secret-of-32-characters" };
  return String((await introspect(server.issuer, caller, String(tokens["access_token"])))["scope"]);
}

// Said here once more by hand, apart from the code that decides.
const EXPECTED: readonly (readonly [kind: string, person: string, holds: string])[] = [
  ["operator", "olga", "delete read write"],
  ["operator", "edith", "read write"],
  ["operator", "paul", "read"],
  ["cimd", "olga", "read write"],
  ["cimd", "edith", "read write"],
  ["cimd", "paul", "read"],
  ["dcr", "olga", "read"],
  ["dcr", "edith", "read"],
  ["dcr", "paul", "read"],
];

describe("nobody grants themselves power (P14)", () => {
  it.each(EXPECTED)("through a client by %s, %s holds no more than: %s", async (kind, person, holds) => {
    expect(await held(kind, person, "read write delete", RESOURCE)).toBe(holds);
  });

  it.each([
    ["operator", "olga", "grantline:admin"],
    ["operator", "edith", "invalid_scope|access_denied"],
    ["operator", "paul", "invalid_scope|access_denied"],
    ["cimd", "olga", "invalid_scope|access_denied"],
    ["dcr", "olga", "invalid_scope|access_denied"],
    ["dcr", "paul", "invalid_scope|access_denied"],
  ])("grantline:admin through a client by %s, asked for by %s: %s", async (kind, person, outcome) => {
    expect(await held(kind, person, "grantline:admin", server.context.settings.adminResource)).toMatch(new RegExp(`^(${outcome})$`));
  });

  it.each([
    ["grantline-cli", "grantline:admin", "invalid_scope"],
    ["grantline-cli", "", "invalid_scope"],
    ["grantline-cli", "openid grantline:admin", "openid"],
    ["operator", "openid grantline:admin", "openid"],
  ])("a device of %s whose code an operator types is given no administration: %s: %s", async (kind, scope, holds) => {
    expect(await heldByDevice(kind, scope)).toBe(holds);
  });

  it("a registration can't name grantline:* for itself, nor a grant type that needs no person", async () => {
    const asked = await register(server.issuer, { scope: "grantline:admin read", redirect_uris: ["http://127.0.0.1/callback"] });
    clients.set("asking", asked);
    expect(await held("asking", "olga", "grantline:admin", server.context.settings.adminResource)).toMatch(
      /^(invalid_scope|access_denied)$/,
    );
    const selfish = await fetch(`${server.issuer}/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ grant_types: ["client_credentials"], token_endpoint_auth_method: "client_secret_basic" }),
    });
    expect(selfish.status).toBe(400);
  });

  it("a client an operator made gets grantline:* for itself only when the operator named it", async () => {
    const machine = (allowed: readonly string[]) =>
      server.admin.call<{ client_id: string; client_secret: string }>("POST", "/clients", {
        client_name: "Machine",
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
        settings: { allowed_scopes: allowed },
      });
    const ask = async ({ client_id, client_secret }: { client_id: string; client_secret: string }): Promise<number> =>
      (
        await postForm(
          `${server.issuer}/token`,
          { grant_type: "client_credentials", scope: "grantline:admin" },
          { authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString("base64")}` },
        )
      ).status;
    expect([await ask(await machine(["read"])), await ask(await machine(["grantline:admin"]))]).toEqual([400, 200]);
  });

  it("a refresh after the policy was narrowed loses what it no longer gives, and ends when nothing is left", async () => {
    const client = clients.get("operator") as Registered;
    const first = await obtainTokens(server.person(), {
      issuer: server.issuer,
      client,
      scope: "read write",
      resource: RESOURCE,
      redirectUri: REDIRECT_URI,
      username: "edith",
      password: PASSWORD,
    });
    const scopeOf = async (token: string): Promise<string> => String((await introspect(server.issuer, rs, token))["scope"]);
    expect((await scopeOf(first.access_token)).split(" ").sort()).toEqual(["read", "write"]);
    await server.admin.call("PUT", `/resources/${rs.resource_id}/access-policy`, { rules: [POLICY.rules[0]] });
    const second = (await (await refresh(server.issuer, client, first.refresh_token as string)).json()) as {
      access_token: string;
      refresh_token: string;
    };
    expect(await scopeOf(second.access_token)).toBe("read");
    await server.admin.call("PUT", `/resources/${rs.resource_id}/access-policy`, { rules: [] });
    const third = await refresh(server.issuer, client, second.refresh_token);
    expect([third.status, ((await third.json()) as { error: string }).error]).toEqual([400, "invalid_grant"]);
    await server.admin.call("PUT", `/resources/${rs.resource_id}/access-policy`, POLICY);
  });
});
