import { describe, expect, it } from "vitest";
import { folderWith, load, problems } from "./load-config.fixture.ts";
import { ConfigError, loadConfig } from "./index.ts";

// Real: files. Nothing is fake.
describe("a wrong value", () => {
  it.each([
    ["GRANTLINE_PORT", "65536", /^GRANTLINE_PORT: found "65536"; allowed: a whole number from 0 to 65535$/],
    ["GRANTLINE_PORT", "80.5", /^GRANTLINE_PORT: found "80\.5"; allowed: a whole number from 0 to 65535$/],
    ["GRANTLINE_PORT", "0x50", /^GRANTLINE_PORT: found "0x50"; allowed: a whole number from 0 to 65535$/],
    ["GRANTLINE_WORKERS", "65", /^GRANTLINE_WORKERS: found "65"; allowed: a whole number from 1 to 64$/],
    ["GRANTLINE_METRICS", "yes", /^GRANTLINE_METRICS: found "yes"; allowed: true or false$/],
    ["GRANTLINE_REGION", "EU-1", /^GRANTLINE_REGION: found "EU-1"; allowed: 1 to 12 of a-z and 0-9$/],
    ["GRANTLINE_LOG_LEVEL", "loud", /^GRANTLINE_LOG_LEVEL: found "loud"; allowed: one of fatal, error, warn, info, debug, trace, silent$/],
    ["GRANTLINE_ACCESS_TOKEN_FORMAT", "paseto", /^GRANTLINE_ACCESS_TOKEN_FORMAT: found "paseto"; allowed: one of jwt, opaque$/],
    [
      "GRANTLINE_REFRESH_RETRY_WINDOW",
      "301",
      /^GRANTLINE_REFRESH_RETRY_WINDOW: found "301"; allowed: seconds, or a number with s, m, h or d; from 0s to 5m$/,
    ],
    [
      "GRANTLINE_LIFETIME_CODE",
      "1w",
      /^GRANTLINE_LIFETIME_CODE: found "1w"; allowed: seconds, or a number with s, m, h or d; from 5s to 10m$/,
    ],
    [
      "GRANTLINE_SIGNING_ALGS",
      "ES256,HS256",
      /^GRANTLINE_SIGNING_ALGS: found "ES256,HS256" \(\[1\]: .*\); allowed: a list out of ES256, EdDSA and RS256$/,
    ],
    [
      "GRANTLINE_TRUSTED_PROXIES",
      "10.0.0.0/33",
      /^GRANTLINE_TRUSTED_PROXIES: found "10\.0\.0\.0\/33" \(\[0\]: not an IP address or CIDR block\); allowed: a list of IP/,
    ],
    ["GRANTLINE_OTLP_ENDPOINT", "localhost:4318", /^GRANTLINE_OTLP_ENDPOINT: found "localhost:4318"; allowed: the http or https URL/],
    [
      "GRANTLINE_RESOURCES",
      "mcp.example.com=read",
      /^GRANTLINE_RESOURCES: found "mcp\.example\.com=read" \(\[0\]\.uri: not an absolute http or https URL\); allowed: uri=scope/,
    ],
    ["GRANTLINE_RESOURCES", 'https://a.example/=re"ad', /\(\[0\]\.scopes\[0\]\.name: not a scope name\)/],
    [
      "GRANTLINE_DEFAULT_RESOURCE",
      "https://a.example/#x",
      /^GRANTLINE_DEFAULT_RESOURCE: found "https:\/\/a\.example\/#x" \(it has a fragment\); allowed: the URI of a resource$/,
    ],
  ])("of %s = %s names the key, what was found and what is allowed", (name, value, line) => {
    expect(problems({ [name]: value })).toEqual([expect.stringMatching(line)]);
  });

  it.each([
    ["auth.example.com", "not an absolute http or https URL"],
    ["ftp://auth.example.com", "not an absolute http or https URL"],
    ["https://auth.example.com/", "it ends in a slash"],
    ["https://auth.example.com/oauth/", "it ends in a slash"],
    ["https://auth.example.com/oauth?x=1", "it has a query or a fragment"],
    ["https://auth.example.com/oauth?", "it has a query or a fragment"],
    ["https://auth.example.com/oauth#x", "it has a query or a fragment"],
    ["https://ada@auth.example.com", "it carries a user name or password"],
    ["https://AUTH.example.com", "it would be written https://auth.example.com"],
    ["https://auth.example.com:443/oauth", "it would be written https://auth.example.com/oauth"],
    ["https://auth.example.com/a/../oauth", "it would be written https://auth.example.com/oauth"],
  ])("of the issuer %s says that %s", (issuer, why) => {
    expect(problems({ GRANTLINE_ISSUER: issuer })).toEqual([
      expect.stringContaining(`GRANTLINE_ISSUER: found ${JSON.stringify(issuer)} (${why}); allowed: an absolute https URL`),
    ]);
  });

  it("in the file names the place in the file", () => {
    const [port, users, scopes] = problems(
      {},
      {
        "grantline.yaml":
          "server: { port: many }\npeople:\n  devUsers: [{ username: ada, password: 7 }]\nresources: { declared: [{ uri: 'https://a.example/', scopes: [{ nmae: read }] }] }\n",
      },
    );
    expect(port).toMatch(/^server\.port in \/.*grantline\.yaml: found "many"; allowed: a whole number/);
    expect(users).toMatch(/^people\.devUsers\[0\]\.password in .*: found a number \(hidden\) \(.*\); allowed: name:password pairs/);
    expect(scopes).toMatch(/^resources\.declared\[0\]\.scopes\[0\]/);
  });

  it("that is long is cut", () => {
    expect(problems({ GRANTLINE_REGION: "a".repeat(500) })[0]).toMatch(/^GRANTLINE_REGION: found "a{76}…; allowed/);
  });

  it("of a secret is never shown", () => {
    const env = {
      GRANTLINE_ADMIN_SECRET: "hunter2",
      GRANTLINE_KEK: "too-short-kek",
      GRANTLINE_DEV_USERS: "ada:lovelace,eve-without-a-colon",
      GRANTLINE_DCR_INITIAL_ACCESS_TOKENS: "short-iat",
      GRANTLINE_OTLP_HEADERS: "nonsense-header",
    };
    const lines = problems(env);
    expect(lines).toHaveLength(5);
    for (const secret of ["hunter2", "too-short-kek", "lovelace", "eve-without", "short-iat", "nonsense-header"])
      expect(lines.join("\n")).not.toContain(secret);
    expect(lines).toContain("GRANTLINE_ADMIN_SECRET: found 7 characters (hidden); allowed: 16 to 512 characters");
  });

  it("of a secret is not shown by a broken file either", () => {
    const lines = problems({}, { "grantline.yaml": 'server:\n  port: 1\npeople:\n  adminSecret: "hunter2\n' });
    expect(lines).toEqual([expect.stringMatching(/grantline\.yaml: found [A-Z_]+ in line \d+; allowed: YAML or JSON$/)]);
    expect(problems({}, { "grantline.yaml": "people:\n  adminSecret: { hunter2: x }\n" }).join("")).not.toContain("hunter2");
  });
});

describe("rules between settings", () => {
  it.each([
    [{ GRANTLINE_SIGNING_ALGS: "" }, "GRANTLINE_SIGNING_ALGS: found an empty list; allowed: at least one of ES256, EdDSA and RS256"],
    [{ GRANTLINE_SIGNING_ALGS: "ES256,ES256" }, "GRANTLINE_SIGNING_ALGS: found ES256,ES256; allowed: each algorithm once"],
    [
      { GRANTLINE_KEY_ROTATION: "1d", GRANTLINE_KEY_PUBLISH_AHEAD: "1d" },
      "GRANTLINE_KEY_PUBLISH_AHEAD: found 86400 s; allowed: less than GRANTLINE_KEY_ROTATION (86400 s)",
    ],
    [
      { GRANTLINE_LIFETIME_AGENT_REFRESH_IDLE: "181d" },
      "GRANTLINE_LIFETIME_AGENT_REFRESH_IDLE: found 15638400 s; allowed: at most the absolute lifetime (15552000 s)",
    ],
    [{ GRANTLINE_DEV_USERS: "j\u00fcrgen:a,ju\u0308rgen:b" }, 'GRANTLINE_DEV_USERS: found "jürgen" twice; allowed: each name once'],
  ])("%j", (env, line) => {
    expect(problems(env as never)).toEqual([line]);
  });

  it("are told together with unknown names", () => {
    expect(problems({ GRANTLINE_SIGNING_ALGS: "", GRANTLINE_PRT: "1" })).toHaveLength(2);
  });
});

describe("an unknown name", () => {
  it("in the environment gets the nearest known one as suggestion", () => {
    expect(problems({ GRANTLINE_PROT: "1", GRANTLINE_ISUER: "x", GRANTLINE_KEK_FIEL: "x" })).toEqual([
      "GRANTLINE_ISUER: no such setting; did you mean GRANTLINE_ISSUER?",
      "GRANTLINE_KEK_FIEL: no such setting; did you mean GRANTLINE_KEK_FILE?",
      "GRANTLINE_PROT: no such setting; did you mean GRANTLINE_PORT?",
    ]);
    expect(problems({ GRANTLINE_: "x" })).toEqual([expect.stringMatching(/^GRANTLINE_: no such setting; /)]);
    expect(problems({ GRANTLINE_SOMETHING_ENTIRELY_DIFFERENT: "x" })).toEqual([
      expect.stringMatching(/see docs\/reference\/configuration\.md$/),
    ]);
  });

  it("that Kubernetes made is explained", () => {
    expect(
      problems({ GRANTLINE_SERVICE_HOST: "10.0.0.1", GRANTLINE_PORT_8080_TCP_ADDR: "10.0.0.1", GRANTLINE_PORT: "tcp://10.0.0.1:8080" }),
    ).toEqual([
      expect.stringMatching(/^GRANTLINE_PORT_8080_TCP_ADDR: no such setting; Kubernetes made it .* enableServiceLinks: false/),
      expect.stringMatching(/^GRANTLINE_SERVICE_HOST: no such setting; Kubernetes made it/),
      expect.stringMatching(/^GRANTLINE_PORT: found "tcp:\/\/10\.0\.0\.1:8080"; allowed: .*enableServiceLinks: false/),
    ]);
  });

  it("of somebody else can be let pass, and other people's variables are none of our business", () => {
    expect(
      loadConfig({ env: { GRANTLINE_LAUNCHER: "1", OTHER_PORT: "x", PATH: "/bin" }, cwd: folderWith(), tolerate: ["GRANTLINE_LAUNCHER"] })
        .server.port,
    ).toBe(8080);
  });

  it("in the file gets a suggestion too: a slip, the wrong group, or the variable's name", () => {
    const file = "server:\n  prot: 1\n  signingAlgs: [ES256]\ntokns: {}\nGRANTLINE_HOST: x\nfrobnicate: 1\n";
    const lines = problems({}, { "grantline.yaml": file });
    expect(lines.map((line) => line.replace(/ in \/\S*grantline\.yaml/, ""))).toEqual(
      expect.arrayContaining([
        "server.prot: no such setting; did you mean server.port?",
        "server.signingAlgs: no such setting; did you mean keys.signingAlgs?",
        "tokns: no such setting; did you mean tokens?",
        "GRANTLINE_HOST: no such setting; did you mean server.host?",
        expect.stringMatching(/^frobnicate: no such setting; allowed here: server, storage, people/),
      ]),
    );
  });
});

describe("a file of settings", () => {
  it("that is named must be there; a group must be a group; the top must have keys", () => {
    expect(problems({ GRANTLINE_CONFIG: "missing.yaml" })).toEqual([
      expect.stringMatching(
        /^GRANTLINE_CONFIG: found "\/.*missing\.yaml", which can't be read \(ENOENT\); allowed: a readable YAML or JSON file$/,
      ),
    ]);
    expect(problems({}, { "grantline.yaml": "server: 8080\n" })).toEqual([
      expect.stringMatching(/^server in .*: found a number; allowed: a group with the keys port, host/),
    ]);
    expect(problems({}, { "grantline.yaml": "- a\n- b\n" })).toEqual([expect.stringMatching(/found no keys at the top/)]);
    expect(problems({}, { "grantline.yaml": "server: { port: 1, port: 2 }\n" })).toEqual([
      expect.stringMatching(/found DUPLICATE_KEY in line 1/),
    ]);
  });

  it("of a secret must be readable, and not be given beside the secret itself", () => {
    expect(problems({ GRANTLINE_KEK_FILE: "missing" })).toEqual([
      'GRANTLINE_KEK_FILE: found "missing", which can\'t be read (ENOENT); allowed: a readable file that holds the value of GRANTLINE_KEK',
    ]);
    expect(problems({ GRANTLINE_KEK_FILE: "x", GRANTLINE_KEK: "a passphrase long enough" })).toEqual([
      "GRANTLINE_KEK: found it and GRANTLINE_KEK_FILE; allowed: one of the two",
    ]);
    expect(problems({ GRANTLINE_PORT_FILE: "x" })).toEqual([expect.stringMatching(/^GRANTLINE_PORT_FILE: no such setting/)]);
  });

  it("does not reach into the prototype of anything", () => {
    expect(() => load({}, { "grantline.yaml": '{"__proto__": {"polluted": true}}' })).toThrow(ConfigError);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});
