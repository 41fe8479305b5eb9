/*
 * P1. Real: the whole server over HTTP; for the second part the built server as a process and SIGKILL. Made: the store refuses appends when told.
 */
import { rmSync } from "node:fs";
import {
  ADMIN_SECRET,
  basic,
  introspect,
  obtainCode,
  obtainTokens,
  onSharedEngines,
  postForm,
  redeem,
  refresh,
  register,
  ServerProcess,
  startTestPlatform,
  TestAdmin,
} from "@grantline/testing";
import { describe, expect, it } from "vitest";
import { breakable } from "../support/broken-store.ts";
import { eventsIn } from "../support/event-log.ts";

const RESOURCE = "https://durable.example/mcp";

describe("durable before answered (P1)", () => {
  it("an append that fails is 503 with Retry-After, nothing is issued, and nothing was changed when it works again", async () => {
    const server = await startTestPlatform();
    const rs = await server.admin.resource(RESOURCE, ["read"]);
    const machine = await server.admin.machine();
    const client = await register(server.issuer);
    const options = { issuer: server.issuer, client, scope: "read", resource: RESOURCE };
    const authorization = basic(machine.client_id, machine.client_secret);
    const held = await obtainTokens(server.person(), options);
    const { code, verifier } = await obtainCode(server.person(), options);
    const { access_token: own } = (await (
      await postForm(`${server.issuer}/token`, { grant_type: "client_credentials", scope: "read", resource: RESOURCE }, { authorization })
    ).json()) as { access_token: string };
    const before = (await eventsIn(server.dataDir)).length;

    const store = breakable(server.context.store);
    store.refuseAppends();
    const refused: Readonly<Record<string, Response>> = {
      client_credentials: await postForm(
        `${server.issuer}/token`,
        { grant_type: "client_credentials", scope: "read", resource: RESOURCE },
        { authorization },
      ),
      code: await redeem(options, code, verifier),
      refresh: await refresh(server.issuer, client, held.refresh_token as string),
      "revocation of a family": await postForm(`${server.issuer}/revoke`, { token: held.refresh_token, client_id: client.client_id }),
      "revocation of a token": await postForm(`${server.issuer}/revoke`, { token: own }, { authorization }),
      registration: await fetch(`${server.issuer}/register`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ redirect_uris: ["https://client.example/callback"] }),
      }),
      "admin API": await server.admin.raw("POST", "/clients", {
        client_name: "Never",
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
      }),
    };
    for (const [what, response] of Object.entries(refused)) {
      const text = await response.text();
      expect([what, response.status, response.headers.get("retry-after")]).toEqual([what, 503, expect.stringMatching(/^\d+$/)]);
      expect(text).not.toMatch(/gl_|eyJ|client_secret/);
    }
    await expect(obtainCode(server.person(), options)).rejects.toThrow(/503/);

    store.comeBack();
    expect((await eventsIn(server.dataDir)).length).toBe(before);
    expect((await introspect(server.issuer, rs, held.access_token)).active).toBe(true);
    expect((await introspect(server.issuer, rs, own)).active).toBe(true);
    expect((await redeem(options, code, verifier)).status).toBe(200);
    expect((await refresh(server.issuer, client, held.refresh_token as string)).status).toBe(200);
    await server.close();
  });

  it.skipIf(onSharedEngines)("what was answered is there after SIGKILL at the very moment of the answer", async () => {
    const server = await ServerProcess.create({ env: { GRANTLINE_ACCESS_TOKEN_FORMAT: "opaque" } });
    await server.start();
    const admin = new TestAdmin(server.origin, server.issuer, ADMIN_SECRET);
    const rs = await admin.resource(RESOURCE, ["read"]);
    const machine = await admin.machine();
    const authorization = basic(machine.client_id, machine.client_secret);
    const issue = async (): Promise<string> => {
      const response = await postForm(
        `${server.issuer}/token`,
        { grant_type: "client_credentials", scope: "read", resource: RESOURCE },
        { authorization },
      );
      return ((await response.json()) as { access_token: string }).access_token;
    };
    for (let round = 0; round < 5; round++) {
      const tokens = await Promise.all(Array.from({ length: 40 }, issue));
      const [revoked] = tokens as [string];
      expect((await postForm(`${server.issuer}/revoke`, { token: revoked }, { authorization })).status).toBe(200);
      await server.kill("SIGKILL");
      await server.start();
      const active = await Promise.all(tokens.map(async (token) => (await introspect(server.issuer, rs, token)).active));
      expect(active).toEqual(tokens.map((token) => token !== revoked));
    }
    await server.kill("SIGTERM");
    rmSync(server.dataDir, { recursive: true, force: true });
  });
});
