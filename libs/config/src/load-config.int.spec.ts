import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigError, loadConfig, longestTokenLifetime, toOAuthSettings, withPort } from "./index.ts";
import { folderWith, load, PRODUCTION, problems } from "./load-config.fixture.ts";

// Real: files. Nothing is fake.
describe("the settings", () => {
  it("are complete without any being set", () => {
    const cwd = folderWith();
    const config = loadConfig({ env: {}, cwd });
    expect(config.server).toMatchObject({
      port: 8080,
      host: "127.0.0.1",
      issuer: "http://localhost:8080/oauth",
      origin: "http://localhost:8080",
      basePath: "/oauth",
      dataDir: resolve(cwd, ".grantline"),
      workers: 1,
      region: "local",
    });
    expect(config.tokens).toMatchObject({
      accessTokenFormat: "jwt",
      code: 60,
      idToken: 900,
      session: 43_200,
      refreshRetryWindow: 30,
      parRequest: 90,
      deviceCode: 600,
      interaction: 600,
    });
    expect(config.tokens.human).toEqual({ accessToken: 900, refreshIdle: 30 * 86_400, refreshAbsolute: 180 * 86_400 });
    expect(config.keys).toMatchObject({ signingAlgs: ["ES256", "EdDSA", "RS256"], rotation: 30 * 86_400 });
    expect(config.keys.kek).toBeUndefined();
    expect(config.people).toMatchObject({ devUsers: [{ username: "demo", password: "demo" }], defaultDevUsers: true, operators: [] });
    expect(config.cimd.allowInsecureLoopback).toBe(true);
    expect(config.warnings).toEqual([expect.stringMatching(/Anybody can log in as demo/)]);
    expect(config.production).toBe(false);
  });

  it("can't be changed afterwards, however deep", () => {
    const config = load({ GRANTLINE_RESOURCES: "https://mcp.example.com/=read" });
    expect(() => Reflect.apply(Array.prototype.push, config.resources.declared[0]?.scopes, ["x"])).toThrow(TypeError);
    expect(Reflect.set(config.server, "port", 1)).toBe(false);
  });

  it("come from the environment before the file before the defaults", () => {
    const config = load({ GRANTLINE_PORT: "9001" }, { "grantline.yaml": "server:\n  port: 9000\n  region: eu1\n" });
    expect(config.server).toMatchObject({ port: 9001, region: "eu1", host: "127.0.0.1" });
    expect(config.file).toMatch(/grantline\.yaml$/);
  });

  it("can be in a file of another name, in JSON, and in an empty one", () => {
    expect(
      load({ GRANTLINE_CONFIG: "other.json" }, { "other.json": '{"server": {"port": 9000}}', "grantline.yaml": "server: { port: 1 }" })
        .server.port,
    ).toBe(9000);
    expect(load({}, { "grantline.yaml": "# nothing yet\nserver:\ntokens:\n  code:\n" }).tokens.code).toBe(60);
    expect(loadConfig({ env: {}, cwd: folderWith({ "x.yaml": "server: { workers: 2 }" }), file: "x.yaml" }).server.workers).toBe(2);
  });

  it("take lengths of time in seconds or with a unit, in both places", () => {
    const config = load(
      { GRANTLINE_LIFETIME_CODE: "30s", GRANTLINE_LIFETIME_SESSION: "2d" },
      { "grantline.yaml": "tokens: { idToken: 5m, parRequest: 60, service: { accessToken: 1h } }" },
    );
    expect(config.tokens).toMatchObject({ code: 30, session: 172_800, idToken: 300, parRequest: 60, service: { accessToken: 3600 } });
  });

  it("take an empty variable as not set, except for lists", () => {
    const config = load(
      { GRANTLINE_PORT: "", GRANTLINE_ISSUER: "", GRANTLINE_DEV_USERS: "", GRANTLINE_OPERATORS: "" },
      { "grantline.yaml": "people: { operators: [ada] }" },
    );
    expect(config.server.port).toBe(8080);
    expect(config.people).toMatchObject({ devUsers: [], defaultDevUsers: false, operators: [] });
    expect(config.warnings).toEqual([]);
  });

  it("take secrets from files", () => {
    const cwd = folderWith({ "admin-secret": "a secret of enough length\n", kek: `${Buffer.alloc(32, 5).toString("base64")}\n` });
    const config = loadConfig({ env: { GRANTLINE_ADMIN_SECRET_FILE: "admin-secret", GRANTLINE_KEK_FILE: resolve(cwd, "kek") }, cwd });
    expect(config.people.adminSecret).toBe("a secret of enough length");
    expect(config.keys.kek).toEqual({ key: Buffer.alloc(32, 5) });
  });

  it("tell a key of 32 bytes from a passphrase", () => {
    expect(load({ GRANTLINE_KEK: Buffer.alloc(32, 255).toString("base64url") }).keys.kek).toEqual({ key: Buffer.alloc(32, 255) });
    expect(load({ GRANTLINE_KEK: "correct horse battery staple" }).keys.kek).toEqual({ passphrase: "correct horse battery staple" });
  });

  it("name development users in the environment or, with groups and claims, in the file", () => {
    expect(load({ GRANTLINE_DEV_USERS: "ada:love:lace, bob:builder" }).people).toMatchObject({
      defaultDevUsers: false,
      devUsers: [
        { username: "ada", password: "love:lace" },
        { username: "bob", password: "builder" },
      ],
    });
    const file = "people:\n  devUsers:\n    - { username: ada, password: lovelace, groups: [staff], claims: { email: ada@example.com } }\n";
    expect(load({}, { "grantline.yaml": file }).people.devUsers).toEqual([
      { username: "ada", password: "lovelace", groups: ["staff"], claims: { email: "ada@example.com" } },
    ]);
  });

  it("declare resources in the environment or, with everything, in the file", () => {
    expect(
      load({ GRANTLINE_RESOURCES: "https://mcp.example.com/=tools:read  tools:write; http://localhost:3001/mcp" }).resources.declared,
    ).toEqual([
      { uri: "https://mcp.example.com/", scopes: [{ name: "tools:read" }, { name: "tools:write" }] },
      { uri: "http://localhost:3001/mcp", scopes: [] },
    ]);
    const file = `resources:
  default: https://mcp.example.com/
  declared:
    - uri: https://mcp.example.com/
      name: Tools
      tokenFormat: opaque
      accessTokenLifetime: 300
      scopes: [{ name: read, description: Read, default: true }]
      policy: { rules: [{ subjects: { groups: [staff] } }] }
`;
    const { resources } = load({}, { "grantline.yaml": file });
    expect(resources.default).toBe("https://mcp.example.com/");
    expect(resources.declared[0]).toMatchObject({ tokenFormat: "opaque", scopes: [{ name: "read", description: "Read", default: true }] });
    expect(resources.declared[0]?.policy?.rules).toEqual([
      { subjects: { groups: ["staff"] }, entities: ["human", "agent"], verification: ["operator", "cimd", "dcr"], scopes: ["*"] },
    ]);
  });

  it("let the issuer follow the port until one is set", () => {
    expect(load({ GRANTLINE_PORT: "9000" }).server.issuer).toBe("http://localhost:9000/oauth");
    const any = load({ GRANTLINE_PORT: "0" });
    expect(withPort(any, 41_234).server).toMatchObject({
      port: 41_234,
      issuer: "http://localhost:41234/oauth",
      origin: "http://localhost:41234",
      basePath: "/oauth",
    });
    const fixed = load({ GRANTLINE_PORT: "0", GRANTLINE_ISSUER: "https://auth.example.com" });
    expect(withPort(fixed, 41_234).server).toEqual({ ...fixed.server, port: 41_234 });
    expect(fixed.server).toMatchObject({ origin: "https://auth.example.com", basePath: "" });
  });

  it("become the settings of the OAuth slices", () => {
    const settings = toOAuthSettings(
      load({
        ...PRODUCTION,
        GRANTLINE_ISSUER: "https://auth.example.com/oauth",
        GRANTLINE_OPERATORS: "ada,bob",
        GRANTLINE_LIFETIME_AGENT_ACCESS_TOKEN: "5m",
      }),
    );
    expect(settings).toMatchObject({
      issuer: "https://auth.example.com/oauth",
      origin: "https://auth.example.com",
      basePath: "/oauth",
      production: true,
      secureCookies: true,
      adminResource: "https://auth.example.com/admin/v1",
      operators: ["ada", "bob"],
      cimd: { enabled: true, allowInsecureLoopback: false },
    });
    expect(settings.lifetimes.agent).toMatchObject({ accessToken: 300, code: 60, refreshRetryWindow: 30 });
    expect(settings).not.toHaveProperty("defaultResource");
  });

  it("know how long a signing key must stay published", () => {
    expect(longestTokenLifetime(load({ GRANTLINE_LIFETIME_SERVICE_ACCESS_TOKEN: "2h" }))).toBe(7200);
    expect(longestTokenLifetime(load({ GRANTLINE_LIFETIME_ID_TOKEN: "3h" }))).toBe(10_800);
    expect(
      longestTokenLifetime(
        load({}, { "grantline.yaml": "resources: { declared: [{ uri: 'https://a.example/', accessTokenLifetime: 80000 }] }" }),
      ),
    ).toBe(80_000);
  });
});

describe("in production", () => {
  it("an https issuer and a key-encryption key will do, and nobody is a development user", () => {
    const config = load(PRODUCTION);
    expect(config.people.devUsers).toEqual([]);
    expect(config.warnings).toEqual([]);
  });

  it("an http issuer is refused, the default one too, with one clear line", () => {
    expect(problems({ ...PRODUCTION, GRANTLINE_ISSUER: "http://auth.example.com" })).toEqual([
      "GRANTLINE_ISSUER: found http://auth.example.com with NODE_ENV=production; allowed: an https URL",
    ]);
    expect(problems({ ...PRODUCTION, GRANTLINE_ISSUER: "" })).toEqual([
      expect.stringMatching(
        /^GRANTLINE_ISSUER: found http:\/\/localhost:8080\/oauth with NODE_ENV=production; allowed: an https URL, or GRANTLINE_ALLOW_HTTP_ISSUER=true/,
      ),
    ]);
  });

  it("an http issuer on a loopback host may be asked for, on no other", () => {
    const asked = { ...PRODUCTION, GRANTLINE_ALLOW_HTTP_ISSUER: "true" };
    expect(load({ ...asked, GRANTLINE_ISSUER: "http://[::1]:8080" }).warnings).toEqual([expect.stringMatching(/plain http/)]);
    expect(problems({ ...asked, GRANTLINE_ISSUER: "http://localhost.example.com" })).toHaveLength(1);
  });

  it("the key-encryption key must be set", () => {
    expect(problems({ ...PRODUCTION, GRANTLINE_KEK: "" })).toEqual([
      expect.stringMatching(/^GRANTLINE_KEK: found nothing with NODE_ENV=production; allowed: 32 bytes in base64/),
    ]);
  });

  it("development users must be asked for twice", () => {
    const users = { ...PRODUCTION, GRANTLINE_DEV_USERS: "ada:lovelace" };
    expect(problems(users)).toEqual([
      "GRANTLINE_DEV_USERS: found 1 with NODE_ENV=production; allowed: none, unless GRANTLINE_ALLOW_DEV_USERS=true",
    ]);
    expect(load({ ...users, GRANTLINE_ALLOW_DEV_USERS: "true" }).warnings).toEqual([expect.stringMatching(/1 development user/)]);
  });
});

describe("a settings error", () => {
  it("is one error whose message is its lines", () => {
    expect(() => load({ GRANTLINE_PORT: "x", GRANTLINE_WORKERS: "0" })).toThrow(ConfigError);
    expect(() => load({ GRANTLINE_PORT: "x", GRANTLINE_WORKERS: "0" })).toThrow(/^GRANTLINE_PORT: [^\n]+\nGRANTLINE_WORKERS: [^\n]+$/);
  });
});
