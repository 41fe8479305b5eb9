// Real: the whole server over HTTP, a person who logs in, the deciders behind the responses. Made: nothing.
import { rmSync } from "node:fs";
import { obtainTokens, postForm, register, startTestPlatform, type Registered, type TestPlatform } from "@grantline/testing";
import type { FindingResponse, FindingTarget } from "@grantline/domain/finding";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { respond } from "./respond.ts";

let server: TestPlatform;
let client: Registered;
beforeAll(async () => {
  server = await startTestPlatform();
  client = await register(server.issuer);
});
afterAll(async () => {
  await server.close();
  rmSync(server.dataDir, { recursive: true, force: true });
});

const meta = { correlationId: "c-1", actor: { kind: "system", id: "anomalies" } } as const;
const answer = (response: FindingResponse, target: FindingTarget) =>
  respond(server.context, { findingId: "f".repeat(32), response, target, meta });
const refresh = async (token: unknown) =>
  (await postForm(`${server.issuer}/token`, { grant_type: "refresh_token", refresh_token: String(token), client_id: client.client_id }))
    .status;

async function logIn(scope: string) {
  const tokens = await obtainTokens(server.person(), { issuer: server.issuer, client, scope });
  const grantId = /^gl_rt_([a-z0-9]+)\./.exec(String(tokens.refresh_token))?.[1] as string;
  return { grantId, refreshToken: tokens.refresh_token };
}

describe("a response", () => {
  it("that revokes a grant ends it, once, and no other", async () => {
    const [one, other] = [await logIn("openid offline_access"), await logIn("openid offline_access")];
    expect(await answer("revoke-grant", one)).toBe("done");
    expect(await answer("revoke-grant", one)).toBe("already");
    expect(await refresh(one.refreshToken)).toBe(400);
    expect(await refresh(other.refreshToken)).toBe(200);
    const { state } = await server.context.grants.load(one.grantId);
    expect(state).toMatchObject({ status: "revoked", reason: "anomaly" });
  });

  it("that wants a login ends the session the grant was made in, and what lives by it; offline access outlives it", async () => {
    const [bound, offline] = [await logIn("openid"), await logIn("openid offline_access")];
    for (const of of [bound, offline]) {
      expect(await answer("step-up", of)).toBe("done");
      expect(await answer("step-up", of)).toBe("already");
    }
    expect(await refresh(bound.refreshToken)).toBe(400);
    expect(await refresh(offline.refreshToken)).toBe(200);
  });

  it("that suspends a client says why, and spares the ones nobody could do without", async () => {
    const victim = await register(server.issuer);
    expect(await answer("suspend-client", { clientId: victim.client_id })).toBe("done");
    expect(await answer("suspend-client", { clientId: victim.client_id })).toBe("already");
    expect(await server.admin.call("GET", `/clients/${victim.client_id}`)).toMatchObject({
      status: "suspended",
      reason: `anomaly ${"f".repeat(32)}`,
    });
    const { client_id: resourceServer } = await server.admin.resource("https://mcp.example/mcp", ["use"]);
    for (const clientId of ["grantline-admin", resourceServer]) {
      expect([clientId, await answer("suspend-client", { clientId })]).toEqual([clientId, "not-possible"]);
      expect(await server.admin.call("GET", `/clients/${clientId}`)).toMatchObject({ status: "active" });
    }
  });

  it("to what is not there is not possible, and to who is only to be told is none", async () => {
    for (const response of ["revoke-grant", "step-up", "suspend-client"] as const)
      for (const target of [{}, { grantId: "local-unknown", clientId: "nobody", subject: "nobody" }])
        expect([response, await answer(response, target)]).toEqual([response, "not-possible"]);
    for (const response of ["observe", "alert"] as const)
      expect(await answer(response, { clientId: client.client_id })).toBe("not-possible");
    expect(await server.admin.call("GET", `/clients/${client.client_id}`)).toMatchObject({ status: "active" });
  });
});
