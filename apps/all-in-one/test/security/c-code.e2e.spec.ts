/*
 * Real: the whole server over HTTP with the embedded adapters. Made: the clock.
 */
import { createHash } from "node:crypto";
import { pkce, postForm, redeem, refresh, type Tokens } from "@grantline/testing";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { afterwards } from "./support/afterwards.ts";
import { asClient, codeFor, isActive, revoke, tokensFor } from "./support/grants.ts";
import { expectError, expectPage, expectRedirect } from "./support/refusal.ts";
import { authorizationParameters, authorize, basicOf, push, token } from "./support/request.ts";
import {
  CALLBACK,
  clientOf,
  eventsDuring,
  OTHER_RESOURCE,
  PASSWORD,
  SECOND_PASSWORD,
  startWorld,
  unchanged,
  type World,
} from "./support/world.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
beforeEach(() => world.server.advance(61));

const GRANT = (reason: string) => ({ status: 400, error: "invalid_grant", reason });

describe("a code is used once, by who it was for", () => {
  it.each(["app", "web"] as const)("C-01 refuses a used code of the %s client and ends everything it gave", async (kind) => {
    const client = world[kind];
    const { code, verifier } = await codeFor(world, { client });
    const first = (await (await redeem({ issuer: world.issuer, client }, code, verifier)).json()) as Tokens & { refresh_token: string };
    const rotated = (await (await refresh(world.issuer, client, first.refresh_token)).json()) as Tokens & { refresh_token: string };
    expect(await isActive(world, first.access_token)).toBe(true);
    const { result, types } = await eventsDuring(world, () => redeem({ issuer: world.issuer, client }, code, verifier));
    await expectError(world, result, GRANT("code-replayed"));
    expect(types).toEqual(["CodeReplayDetected", "GrantRevoked"]);
    expect(
      await Promise.all([first.access_token, rotated.access_token, rotated.refresh_token].map((each) => isActive(world, each))),
    ).toEqual([false, false, false]);
    await expectError(world, await refresh(world.issuer, client, rotated.refresh_token), GRANT("grant-revoked"));
    await expectError(
      world,
      await unchanged(world, () => redeem({ issuer: world.issuer, client }, code, verifier)),
      GRANT("code-replayed"),
    );
  });

  it("C-02 refuses a code to another client, authenticated or public, and harms nothing by it", async () => {
    const { code, verifier } = await codeFor(world);
    const parameters = { grant_type: "authorization_code", code, code_verifier: verifier, redirect_uri: CALLBACK };
    await expectError(world, await unchanged(world, () => token(world, parameters, basicOf(world.web))), GRANT("client-mismatch"));
    await expectError(
      world,
      await unchanged(world, () => token(world, { ...parameters, client_id: world.stranger.client_id })),
      GRANT("client-mismatch"),
    );
    expect((await redeem({ issuer: world.issuer, client: world.app }, code, verifier)).status).toBe(200);
    // a used code in another client's hands is a stranger's attempt: it revokes nothing (P3)
    await expectError(world, await unchanged(world, () => token(world, parameters, basicOf(world.web))), GRANT("client-mismatch"));
  });

  it("C-02 refuses a code of a confidential client without its authentication", async () => {
    const { code, verifier } = await codeFor(world, { client: world.web });
    const response = await unchanged(world, () =>
      token(world, { grant_type: "authorization_code", code, code_verifier: verifier, client_id: world.web.client_id }),
    );
    await expectError(world, response, { status: 401, error: "invalid_client", reason: "client-authentication-missing" });
    expect((await redeem({ issuer: world.issuer, client: world.web }, code, verifier)).status).toBe(200);
  });

  it.each(["https://client.example/callback/", "https://evil.example/", `${CALLBACK}?x=1`, "HTTPS://client.example/callback"])(
    "C-03 refuses a redirect_uri at the token endpoint that is not the one of the request: %s",
    async (redirectUri) => {
      const { code, verifier } = await codeFor(world);
      await expectError(
        world,
        await unchanged(world, () => redeem({ issuer: world.issuer, client: world.app, redirectUri }, code, verifier)),
        GRANT("redirect-uri-mismatch"),
      );
      expect((await redeem({ issuer: world.issuer, client: world.app }, code, verifier)).status).toBe(200);
    },
  );

  it("C-03 lets an OAuth 2.1 client leave redirect_uri out: PKCE binds the code", async () => {
    const { code, verifier } = await codeFor(world);
    expect(
      (await token(world, { grant_type: "authorization_code", code, code_verifier: verifier, client_id: world.app.client_id })).status,
    ).toBe(200);
  });

  it("C-04 lets one of 50 parallel redemptions win, and its tokens are dead afterwards", async () => {
    const { code, verifier } = await codeFor(world);
    const { result, types } = await eventsDuring(world, () =>
      Promise.all(Array.from({ length: 50 }, () => redeem({ issuer: world.issuer, client: world.app }, code, verifier))),
    );
    const statuses = result.map(({ status }) => status);
    expect([statuses.filter((status) => status === 200).length, statuses.filter((status) => status === 400).length]).toEqual([1, 49]);
    expect(types).toEqual(["CodeRedeemed", "CodeReplayDetected", "GrantRevoked"]);
    const won = (await (result.find(({ status }) => status === 200) as Response).json()) as Tokens & { refresh_token: string };
    expect([await isActive(world, won.access_token), (await refresh(world.issuer, world.app, won.refresh_token)).status]).toEqual([
      false,
      400,
    ]);
  });

  it("C-11 refuses a code at the end of its life and ten minutes later, and takes it a second before", async () => {
    const late = [await codeFor(world), await codeFor(world)];
    const inTime = await codeFor(world);
    world.server.advance(59);
    expect((await redeem({ issuer: world.issuer, client: world.app }, inTime.code, inTime.verifier)).status).toBe(200);
    world.server.advance(1);
    const [first, second] = late as [(typeof late)[0], (typeof late)[0]];
    await expectError(
      world,
      await unchanged(world, () => redeem({ issuer: world.issuer, client: world.app }, first.code, first.verifier)),
      GRANT("code-expired"),
    );
    world.server.advance(600);
    await expectError(
      world,
      await redeem({ issuer: world.issuer, client: world.app }, second.code, second.verifier),
      GRANT("code-expired"),
    );
  });

  it("C-11 refuses a code whose person, client or resource was barred before it was redeemed", async () => {
    const client = await clientOf(world.server, { client_name: "Short-lived", token_endpoint_auth_method: "none" });
    const { code, verifier } = await codeFor(world, { client });
    await world.server.admin.call("POST", `/clients/${client.client_id}/revoke-all`);
    await expectError(world, await redeem({ issuer: world.issuer, client }, code, verifier), GRANT("standing-lost"));
  });

  it("C-13 refuses a code injected into another browser's session: the verifier is another one", async () => {
    const victim = await codeFor(world);
    const attacker = await codeFor(world, { username: "second", password: SECOND_PASSWORD });
    await expectError(
      world,
      await unchanged(world, () => redeem({ issuer: world.issuer, client: world.app }, victim.code, attacker.verifier)),
      GRANT("pkce-mismatch"),
    );
    expect((await redeem({ issuer: world.issuer, client: world.app }, victim.code, victim.verifier)).status).toBe(200);
  });

  it("refuses a code with one character changed, a longer one, and one of a grant that never was", async () => {
    const { code, verifier } = await codeFor(world);
    const body = code.slice(0, -1);
    const wrong = [
      `${body}${code.endsWith("0") ? "1" : "0"}`,
      `${code}0`,
      code.slice(0, -7),
      code.toUpperCase(),
      ` ${code}`,
      code.replace("gl_ac_", "gl_ac_x"),
      "x",
      "gl_ac_",
      "a".repeat(5000),
    ];
    for (const each of wrong)
      await expectError(
        world,
        await unchanged(world, () => redeem({ issuer: world.issuer, client: world.app }, each, verifier)),
        GRANT("code-unknown"),
      );
    await expectError(
      world,
      await token(world, { grant_type: "authorization_code", code: "", code_verifier: verifier, client_id: world.app.client_id }),
      { status: 400, error: "invalid_request", reason: "parameter-missing" },
    );
  });
});

describe("PKCE", () => {
  const METHODS = [
    ["no challenge", { code_challenge: undefined }, "pkce-missing"],
    ["no challenge and no method", { code_challenge: undefined, code_challenge_method: undefined }, "pkce-missing"],
    ["an empty challenge", { code_challenge: "" }, "pkce-missing"],
    ["plain", { code_challenge_method: "plain" }, "pkce-method-unsupported"],
    ["no method, which means plain", { code_challenge_method: undefined }, "pkce-method-unsupported"],
    ["an empty method", { code_challenge_method: "" }, "pkce-method-unsupported"],
    ["s256 in lower case", { code_challenge_method: "s256" }, "pkce-method-unsupported"],
    ["an unknown method", { code_challenge_method: "S512" }, "pkce-method-unsupported"],
    ["a challenge of 42 characters", { code_challenge: "a".repeat(42) }, "pkce-malformed"],
    ["a challenge of 44 characters", { code_challenge: "a".repeat(44) }, "pkce-malformed"],
    ["a padded challenge", { code_challenge: `${"a".repeat(43)}=` }, "pkce-malformed"],
    ["a challenge in plain base64", { code_challenge: `${"a".repeat(42)}+` }, "pkce-malformed"],
  ] as const;

  it.each(METHODS)(
    "C-05 C-06 refuses %s from a public and from a confidential client, by query and by PAR",
    async (_what, changes, reason) => {
      for (const client of [world.app, world.web]) {
        await expectRedirect(world, await unchanged(world, () => authorize(world, client.client_id, changes)), {
          error: "invalid_request",
          reason,
        });
        await expectError(world, await push(world, client, changes), { status: 400, error: "invalid_request", reason });
      }
    },
  );

  const VERIFIERS = [
    ["a wrong verifier", () => pkce().verifier, "invalid_grant", "pkce-mismatch"],
    [
      "the challenge itself",
      (verifier: string) => createHash("sha256").update(verifier).digest("base64url"),
      "invalid_grant",
      "pkce-mismatch",
    ],
    ["the verifier in upper case", (verifier: string) => verifier.toUpperCase(), "invalid_grant", "pkce-mismatch"],
    ["42 characters", (verifier: string) => verifier.slice(0, 42), "invalid_request", "pkce-malformed"],
    ["129 characters", (verifier: string) => verifier.padEnd(129, "a"), "invalid_request", "pkce-malformed"],
    ["a padded verifier", (verifier: string) => `${verifier}=`, "invalid_request", "pkce-malformed"],
    ["illegal characters", (verifier: string) => `${verifier.slice(0, 42)}+`, "invalid_request", "pkce-malformed"],
    ["a space", (verifier: string) => `${verifier} `, "invalid_request", "pkce-malformed"],
    ["none", () => undefined, "invalid_request", "pkce-missing"],
    ["an empty one", () => "", "invalid_request", "pkce-missing"],
  ] as const;

  it.each(VERIFIERS)("C-08 refuses %s and leaves the code to its owner (public and confidential)", async (_what, wrong, error, reason) => {
    for (const client of [world.app, world.web]) {
      const { code, verifier } = await codeFor(world, { client });
      const presented = wrong(verifier);
      if (presented !== undefined && reason !== "pkce-mismatch") world.watch.forget(presented);
      world.watch.forget(createHash("sha256").update(verifier).digest("base64url"));
      const { parameters, headers } = asClient(client);
      const response = await unchanged(world, () =>
        token(world, { grant_type: "authorization_code", code, code_verifier: presented, ...parameters }, headers),
      );
      await expectError(world, response, { status: 400, error, reason });
      expect((await redeem({ issuer: world.issuer, client }, code, verifier)).status).toBe(200);
    }
  });

  it("C-09 has no code without a challenge, so a verifier alone never redeems one", async () => {
    const person = world.server.person();
    const step = await person.open(
      `${world.issuer}/authorize?${authorizationParameters(world.app.client_id, { code_challenge: undefined, code_challenge_method: undefined })}`,
    );
    expect([step.kind, step.url.searchParams.get("error"), step.url.searchParams.has("code")]).toEqual([
      "callback",
      "invalid_request",
      false,
    ]);
    const guess = await token(world, {
      grant_type: "authorization_code",
      code: "gl_ac_local00000000000000000000000000000000.x",
      code_verifier: pkce().verifier,
      client_id: world.app.client_id,
    });
    await expectError(world, guess, GRANT("code-unknown"));
  });

  it("C-14 serves a client that uses one challenge twice, and flags it", async () => {
    const { challenge, verifier } = pkce();
    const url = `${world.issuer}/authorize?${authorizationParameters(world.app.client_id, { code_challenge: challenge })}`;
    const codes = [];
    for (let time = 0; time < 2; time++)
      codes.push((await world.server.person().authorize(url, { password: PASSWORD })).searchParams.get("code") as string);
    world.refusals.add("pkce-challenge-reused");
    expect(codes[0]).not.toBe(codes[1]);
    for (const code of codes) expect((await redeem({ issuer: world.issuer, client: world.app }, code, verifier)).status).toBe(200);
  });
});

describe("C-10 every artefact presented as every other", () => {
  it("is refused in each place, and what it was keeps working", async () => {
    const client = world.web;
    const { code, verifier } = await codeFor(world, { client });
    const tokens = await tokensFor(world, { client, scope: "openid notes:read" });
    const opaque = (await (
      await token(world, { grant_type: "client_credentials", resource: OTHER_RESOURCE, scope: "files:read" }, basicOf(world.machine))
    ).json()) as Tokens;
    const pushed = ((await (await push(world, client)).json()) as { request_uri: string }).request_uri;
    const person = world.server.person();
    const login = await person.open(`${world.issuer}/authorize?${authorizationParameters(client.client_id)}`);
    const interaction = login.url.searchParams.get("interaction") as string;
    const browser = [...person.cookies.values()][0] as string;
    const jti = (JSON.parse(Buffer.from(tokens.access_token.split(".")[1] as string, "base64url").toString()) as { jti: string }).jti;
    const artefacts: Record<string, string> = {
      code,
      refresh: tokens.refresh_token,
      access: tokens.access_token,
      idToken: tokens.id_token as string,
      machine: opaque.access_token,
      registration: world.stranger.registration_access_token,
      secret: client.client_secret,
      pushed,
      sealed: pushed.slice(pushed.lastIndexOf(":") + 1),
      interaction,
      browser,
      jti,
      clientId: client.client_id,
    };
    world.watch.forget(jti);
    world.watch.forget(client.client_id);
    const admin = await world.server.admin.token();
    for (const [kind, value] of Object.entries(artefacts)) {
      if (kind !== "code")
        await expectError(
          world,
          await unchanged(world, () => redeem({ issuer: world.issuer, client }, value, verifier)),
          GRANT("code-unknown"),
        );
      if (kind !== "refresh")
        await expectError(world, await unchanged(world, () => refresh(world.issuer, client, value)), GRANT("refresh-unknown"));
      if (kind !== "secret")
        await expectError(
          world,
          await unchanged(world, () =>
            token(world, { grant_type: "client_credentials" }, basicOf({ client_id: world.machine.client_id, client_secret: value })),
          ),
          { status: 401, error: "invalid_client", reason: "client-secret-wrong" },
        );
      const userinfo = await fetch(`${world.issuer}/userinfo`, { headers: { authorization: `Bearer ${value}` } });
      expect([kind, userinfo.status]).toEqual([kind, 401]);
      const api = await fetch(`${world.server.origin}/admin/v1/clients`, { headers: { authorization: `Bearer ${value}` } });
      expect([kind, api.status]).toEqual([kind, 401]);
      const managed = await fetch(`${world.issuer}/register/${world.stranger.client_id}`, {
        headers: { authorization: `Bearer ${value}` },
      });
      expect([kind, managed.status]).toEqual([kind, kind === "registration" ? 200 : 401]);
      for (const uri of [value, `urn:ietf:params:oauth:request_uri:${value}`].filter(
        (uri) => uri !== pushed && !uri.endsWith(artefacts["sealed"] as string),
      )) {
        const page = await unchanged(world, () =>
          fetch(`${world.issuer}/authorize?${new URLSearchParams({ client_id: client.client_id, request_uri: uri })}`, {
            redirect: "manual",
          }),
        );
        expect([kind, page.status, page.headers.get("location")?.includes("code=") ?? false]).toEqual([
          kind,
          page.status === 302 ? 302 : 400,
          false,
        ]);
      }
      if (kind !== "interaction") {
        const response = await fetch(`${world.issuer}/login?${new URLSearchParams({ interaction: value })}`, {
          headers: { cookie: `grantline-browser=${browser}` },
        });
        await expectPage(world, response, { status: 400, reason: "interaction-unknown" });
      }
      const cookie = { cookie: `grantline-session=${value}; grantline-browser=${browser}` };
      expect([kind, (await fetch(`${world.issuer}/grants`, { redirect: "manual", headers: cookie })).status]).toEqual([kind, 303]);
      if (!["access", "refresh", "machine"].includes(kind)) expect([kind, await isActive(world, value)]).toEqual([kind, false]);
      if (!["access", "refresh", "machine"].includes(kind))
        expect([kind, (await unchanged(world, () => revoke(world, client, value))).status]).toEqual([kind, 200]);
    }
    expect(admin).not.toBe("");
    expect((await redeem({ issuer: world.issuer, client }, code, verifier)).status).toBe(200);
    expect((await refresh(world.issuer, client, tokens.refresh_token)).status).toBe(200);
    expect((await postForm(`${world.issuer}/introspect`, { token: opaque.access_token }, basicOf(world.otherRs))).status).toBe(200);
  });
});

afterwards(() => world);
