// Real: SQLite event store and ephemeral store, client directory, jose. Fake: clock, the fetch of a jwks_uri.
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OAuthError } from "../errors/index.ts";
import { aClient, basic, ISSUER, META, openWorld, type World } from "../testing/world.ts";
import { formParameters, type HttpRequest } from "../http/index.ts";
import { sha256 } from "../tokens/index.ts";
import { authenticateClient } from "./index.ts";

const TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const fetched: string[] = [];
let remote: readonly JWK[] = [];
let world: World;
let key: CryptoKey;
let rsa: CryptoKey;

beforeAll(async () => {
  world = await openWorld({
    fetchJwks: async (uri, options) => {
      fetched.push(`${uri}${options?.refresh === true ? " again" : ""}`);
      return { keys: options?.refresh === true ? (remote as readonly Record<string, unknown>[]) : [] };
    },
  });
  const ec = await generateKeyPair("ES256");
  const rs = await generateKeyPair("RS256");
  key = ec.privateKey;
  rsa = rs.privateKey;
  const keys = [{ ...(await exportJWK(ec.publicKey)), kid: "ec" }, { ...(await exportJWK(rs.publicKey)) }] as readonly Record<
    string,
    unknown
  >[];
  remote = [{ ...(await exportJWK(ec.publicKey)), kid: "new" }];
  const jwt = { token_endpoint_auth_method: "private_key_jwt" as const };
  await aClient(world, "pub");
  await aClient(world, "web", { secret: "s3cret", settings: { requestsPerMinute: 100 } });
  await aClient(world, "post", { secret: "p:o%st", metadata: { token_endpoint_auth_method: "client_secret_post" } });
  await aClient(world, "pkj", { metadata: { ...jwt, jwks: { keys } } });
  await aClient(world, "pinned", { metadata: { ...jwt, jwks: { keys }, token_endpoint_auth_signing_alg: "ES256" } });
  await aClient(world, "remote", { metadata: { ...jwt, jwks_uri: "https://keys.test/jwks" } });
  await aClient(world, "keyless", { metadata: jwt });
});
afterAll(() => world.close());

const attempt = async (form: Record<string, string>, headers: HttpRequest["headers"] = {}, query = ""): Promise<readonly unknown[]> => {
  const request: HttpRequest = {
    method: "POST",
    path: "/oauth/token",
    query,
    params: {},
    headers,
    body: "",
    ip: "192.0.2.1",
    correlationId: "c",
  };
  try {
    const client = await authenticateClient(world.context, request, formParameters(new URLSearchParams(form).toString()));
    return ["ok", client.clientId, client.method];
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return [error.status, error.code, error.reason, ...(error.headers["www-authenticate"] === undefined ? [] : ["challenge"])];
  }
};

interface Made {
  readonly claims?: Record<string, unknown>;
  readonly header?: Record<string, unknown>;
  readonly key?: CryptoKey;
  readonly form?: Record<string, string>;
}
let jti = 0;
const assert = async (clientId: string, made: Made = {}): Promise<readonly unknown[]> => {
  const now = world.clock.time;
  const claims = { iss: clientId, sub: clientId, aud: ISSUER, iat: now, exp: now + 300, jti: `j${++jti}`, ...made.claims };
  const assertion = await new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: "ec", ...made.header }).sign(made.key ?? key);
  return attempt({ client_assertion: assertion, client_assertion_type: TYPE, ...made.form });
};

describe("a public client", () => {
  it("says its name, and no more", async () => {
    expect(await attempt({ client_id: "pub" })).toEqual(["ok", "pub", "none"]);
    expect(await attempt({ client_id: "pub", client_secret: "" })).toEqual(["ok", "pub", "none"]);
  });

  it("that sends a secret is refused (K-07)", async () => {
    expect(await attempt({ client_id: "pub", client_secret: "x" })).toEqual([401, "invalid_client", "client-method-mismatch"]);
    expect(await attempt({}, basic("pub", ""))).toEqual([401, "invalid_client", "client-method-mismatch", "challenge"]);
  });

  it("must exist and be named", async () => {
    expect(await attempt({})).toEqual([401, "invalid_client", "client-authentication-missing"]);
    expect(await attempt({ client_id: "nobody" })).toEqual([401, "invalid_client", "client-unknown"]);
    expect(await attempt({ client_id: "n".repeat(3000) })).toEqual([401, "invalid_client", "client-unknown"]);
  });
});

describe("a client with a secret", () => {
  it("may send it in the header or the body, whichever it registered (OAuth 2.1 §2.4.1)", async () => {
    expect(await attempt({}, basic("web", "s3cret"))).toEqual(["ok", "web", "basic"]);
    expect(await attempt({ client_id: "web" }, basic("web", "s3cret"))).toEqual(["ok", "web", "basic"]);
    expect(await attempt({ client_id: "web", client_secret: "s3cret" })).toEqual(["ok", "web", "post"]);
    expect(await attempt({ client_id: "post", client_secret: "p:o%st" })).toEqual(["ok", "post", "post"]);
  });

  it("may encode it or not", async () => {
    expect(await attempt({}, basic("post", "p:o%st"))).toEqual(["ok", "post", "basic"]);
    expect(await attempt({}, basic("post", "p%3Ao%25st"))).toEqual(["ok", "post", "basic"]);
    expect(await attempt({}, basic("%77eb", "s3cret"))).toEqual(["ok", "web", "basic"]);
  });

  it("must authenticate", async () => {
    expect(await attempt({ client_id: "web" })).toEqual([401, "invalid_client", "client-authentication-missing"]);
  });

  it("gets a 401 with a challenge for a wrong, blank, truncated or long one (K-07)", async () => {
    for (const secret of ["wrong", "", "s3cre", `s3cret${"x".repeat(2000)}`]) {
      expect(await attempt({}, basic("web", secret))).toEqual([401, "invalid_client", "client-secret-wrong", "challenge"]);
    }
  });

  it("is slowed down when wrong too often, and its rightful owner is not (K-08)", async () => {
    await aClient(world, "target", { secret: "right" });
    for (let guess = 0; guess < 5; guess++)
      expect(await attempt({ client_id: "target", client_secret: `g${guess}` })).toEqual([401, "invalid_client", "client-secret-wrong"]);
    expect(await attempt({ client_id: "target", client_secret: "g6" })).toEqual([429, "too_many_requests", "rate-limited"]);
    expect(await attempt({ client_id: "target", client_secret: "right" })).toEqual(["ok", "target", "post"]);
  });

  it("has both secrets during an overlap, and one after it", async () => {
    const now = world.clock.time;
    await aClient(world, "rolling", { secret: "old" });
    await world.context.clients.execute(
      "rolling",
      { kind: "rotate-secret", now, secret: { id: "s2", hash: sha256("new"), issuedAt: now }, overlapEndsAt: now + 60 },
      META,
    );
    expect(await attempt({ client_id: "rolling", client_secret: "old" })).toEqual(["ok", "rolling", "post"]);
    expect(await attempt({ client_id: "rolling", client_secret: "new" })).toEqual(["ok", "rolling", "post"]);
    world.clock.time += 61;
    expect(await attempt({ client_id: "rolling", client_secret: "old" })).toEqual([401, "invalid_client", "client-secret-wrong"]);
  });

  it("is refused when suspended or deleted", async () => {
    const now = world.clock.time;
    await aClient(world, "bad", { secret: "x" });
    await world.context.clients.execute("bad", { kind: "suspend", now, reason: "abuse" }, META);
    expect(await attempt({ client_id: "bad", client_secret: "x" })).toEqual([401, "invalid_client", "client-suspended"]);
    await aClient(world, "left", { secret: "x" });
    await world.context.clients.execute("left", { kind: "delete", now, reason: "admin" }, META);
    expect(await attempt({ client_id: "left", client_secret: "x" })).toEqual([401, "invalid_client", "client-deleted"]);
  });
});

describe("the request", () => {
  it("uses one method, never the URL (K-03)", async () => {
    expect(await attempt({ client_id: "web", client_secret: "s3cret" }, basic("web", "s3cret"))).toEqual([
      400,
      "invalid_request",
      "client-authentication-repeated",
    ]);
    expect(await attempt({ client_id: "web", client_secret: "s3cret", client_assertion: "x" })).toEqual([
      400,
      "invalid_request",
      "client-authentication-repeated",
    ]);
    expect(await attempt({ client_id: "pub" }, basic("web", "s3cret"))).toEqual([400, "invalid_request", "client-authentication-repeated"]);
    expect(await attempt({ client_id: "web" }, {}, "client_secret=s3cret")).toEqual([400, "invalid_request", "client-secret-in-query"]);
    expect(await attempt({ client_id: "web" }, {}, "a=b&client_assertion=x")).toEqual([400, "invalid_request", "client-secret-in-query"]);
    expect(await attempt({ client_id: "pub" }, {}, "a=b")).toEqual(["ok", "pub", "none"]);
  });

  it("gets a 401 for a malformed header (K-01)", async () => {
    for (const authorization of ["Basic", "Basic bm9jb2xvbg==", "Basic !!", "Bearer abc", ["Basic YTpi", "Basic YTpi"]]) {
      expect(await attempt({}, { authorization })).toEqual([401, "invalid_client", "client-authentication-missing", "challenge"]);
    }
  });

  it("fails as our own fault when the limits can't be asked", async () => {
    const broken = {
      ...world.context,
      limits: { ...world.context.limits, take: async () => Promise.reject(new Error("limits are down")) },
    };
    const request: HttpRequest = {
      method: "POST",
      path: "/oauth/token",
      query: "",
      params: {},
      headers: basic("web", "wrong"),
      body: "",
      ip: "192.0.2.1",
      correlationId: "c",
    };
    await expect(authenticateClient(broken, request, formParameters(""))).rejects.toThrow("limits are down");
  });

  it("keeps the private detail of a refusal beside the challenge", async () => {
    const refusing = {
      find: async () => Promise.reject(new OAuthError("invalid_client", "document-fetch-failed", "No document.", { detail: "timed-out" })),
    };
    const request: HttpRequest = {
      method: "POST",
      path: "/oauth/token",
      query: "",
      params: {},
      headers: basic("web", "wrong"),
      body: "",
      ip: "192.0.2.1",
      correlationId: "c",
    };
    await expect(authenticateClient({ ...world.context, directory: refusing }, request, formParameters(""))).rejects.toMatchObject({
      reason: "document-fetch-failed",
      detail: "timed-out",
      headers: { "www-authenticate": expect.stringContaining("Basic") },
    });
  });

  it("of a limited client gets its RateLimit headers", async () => {
    const request: HttpRequest = {
      method: "POST",
      path: "/oauth/token",
      query: "",
      params: {},
      headers: basic("web", "s3cret"),
      body: "",
      ip: "192.0.2.1",
      correlationId: "c",
    };
    expect((await authenticateClient(world.context, request, formParameters(""))).headers).toMatchObject({
      ratelimit: expect.stringContaining('"client";r='),
    });
  });
});

describe("a client with a key", () => {
  it("proves itself for every name of ours (mcp-auth.md 1.6)", async () => {
    for (const aud of [ISSUER, `${ISSUER}/`, `${ISSUER}/token`, ["x", ISSUER]])
      expect(await assert("pkj", { claims: { aud } })).toEqual(["ok", "pkj", "assertion"]);
    expect(await assert("pkj", { form: { client_id: "pkj" } })).toEqual(["ok", "pkj", "assertion"]);
    expect(await assert("pkj", { key: rsa, header: { alg: "RS256", kid: "any" } })).toEqual(["ok", "pkj", "assertion"]);
  });

  it("is refused for another audience, subject or client", async () => {
    expect(await assert("pkj", { claims: { aud: "https://evil.test" } })).toEqual([401, "invalid_client", "assertion-claims"]);
    expect(await assert("pkj", { claims: { iss: "pub" } })).toEqual([401, "invalid_client", "assertion-claims"]);
    expect(await assert("pkj", { form: { client_id: "pub" } })).toEqual([401, "invalid_client", "assertion-claims"]);
    expect(await assert("nobody")).toEqual([401, "invalid_client", "client-unknown"]);
  });

  it("uses each assertion once, of 50 at once too (CVE 14)", async () => {
    const now = world.clock.time;
    const assertion = await new SignJWT({ iss: "pkj", sub: "pkj", aud: ISSUER, iat: now, exp: now + 60, jti: "once" })
      .setProtectedHeader({ alg: "ES256", kid: "ec" })
      .sign(key);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => attempt({ client_assertion: assertion, client_assertion_type: TYPE })),
    );
    expect(answers.filter((answer) => answer[0] === "ok")).toHaveLength(1);
    expect(answers.find((answer) => answer[0] !== "ok")).toEqual([401, "invalid_client", "assertion-replayed"]);
    expect(await assert("pinned", { claims: { jti: "once" } })).toEqual(["ok", "pinned", "assertion"]);
  });

  it.each(["before", "while"])(
    "is refused for an assertion older than what this server remembers, lost %s it was looked at",
    async (when) => {
      const { ephemeral } = world.context;
      const since = await ephemeral.completeSince();
      let loss = when === "before" ? world.clock.time + 1 : since;
      // what is first after a loss was not always first
      const addIfAbsent: typeof ephemeral.addIfAbsent = (key, expiresAt) => {
        loss = world.clock.time + 1;
        return ephemeral.addIfAbsent(`${when}:${key}`, expiresAt);
      };
      const lost = { ...world, context: { ...world.context, ephemeral: { ...ephemeral, addIfAbsent, completeSince: async () => loss } } };
      const now = world.clock.time;
      const assertion = await new SignJWT({ iss: "pkj", sub: "pkj", aud: ISSUER, iat: now, exp: now + 60, jti: "lost" })
        .setProtectedHeader({ alg: "ES256", kid: "ec" })
        .sign(key);
      const request: HttpRequest = {
        method: "POST",
        path: "/oauth/token",
        query: "",
        params: {},
        headers: {},
        body: "",
        ip: "192.0.2.1",
        correlationId: "c",
      };
      const params = formParameters(new URLSearchParams({ client_assertion: assertion, client_assertion_type: TYPE }).toString());
      await expect(authenticateClient(lost.context, request, params)).rejects.toMatchObject({ reason: "assertion-replayed" });
      expect(since).toBeLessThanOrEqual(now);
    },
  );

  it("is refused for a wrong key, an unregistered algorithm, a wrong method or type (K-05)", async () => {
    const stranger = await generateKeyPair("ES256");
    expect(await assert("pkj", { key: stranger.privateKey })).toEqual([401, "invalid_client", "assertion-signature"]);
    expect(await assert("pkj", { header: { kid: "other" } })).toEqual([401, "invalid_client", "assertion-signature"]);
    expect(await assert("pinned", { key: rsa, header: { alg: "RS256" } })).toEqual([401, "invalid_client", "assertion-alg"]);
    expect(await assert("web")).toEqual([401, "invalid_client", "client-method-mismatch"]);
    expect(await assert("pkj", { form: { client_assertion_type: "urn:saml" } })).toEqual([401, "invalid_client", "assertion-malformed"]);
    expect(await attempt({ client_id: "pkj" })).toEqual([401, "invalid_client", "client-authentication-missing"]);
    expect(await attempt({ client_id: "pkj", client_secret: "x" })).toEqual([401, "invalid_client", "client-method-mismatch"]);
    const hmac = await new SignJWT({ iss: "pkj", sub: "pkj" })
      .setProtectedHeader({ alg: "HS256" })
      .sign(Buffer.from(JSON.stringify(remote[0])));
    expect(await attempt({ client_assertion: hmac, client_assertion_type: TYPE })).toEqual([401, "invalid_client", "assertion-alg"]);
  });

  it("may publish its keys and roll them: an unknown kid is looked for once more (T-17)", async () => {
    expect(await assert("remote", { header: { kid: "new" } })).toEqual(["ok", "remote", "assertion"]);
    expect(fetched).toEqual(["https://keys.test/jwks", "https://keys.test/jwks again"]);
    const { fetchJwks: _none, ...without } = world.context;
    const now = world.clock.time;
    const assertion = await new SignJWT({ iss: "remote", sub: "remote", aud: ISSUER, iat: now, exp: now + 60, jti: "n" })
      .setProtectedHeader({ alg: "ES256", kid: "new" })
      .sign(key);
    const request: HttpRequest = {
      method: "POST",
      path: "/oauth/token",
      query: "",
      params: {},
      headers: {},
      body: "",
      ip: "192.0.2.1",
      correlationId: "c",
    };
    const params = formParameters(new URLSearchParams({ client_assertion: assertion, client_assertion_type: TYPE }).toString());
    await expect(authenticateClient(without, request, params)).rejects.toMatchObject({ reason: "client-keys-unavailable" });
    expect(await assert("keyless")).toEqual([401, "invalid_client", "client-keys-unavailable"]);
  });
});
