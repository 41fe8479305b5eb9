import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..");

/** What each package may import of ours. Arrows point inwards only (architecture.md §9). */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  "event-store": ["domain"],
  "event-store/sqlite": ["domain", "event-store"],
  "event-store/postgres": ["domain", "event-store"],
  "event-store/eventstoredb": ["domain", "event-store"],
  "read-model": ["domain", "event-store"],
  "read-model/sqlite": ["domain", "event-store", "read-model"],
  "read-model/redis": ["domain", "event-store", "read-model"],
  "keys/postgres": ["domain", "event-store", "keys"],
  flags: ["domain", "event-store"],
  alerts: ["domain", "event-store", "feed", "keys", "read-model", "oauth"],
  anomalies: ["domain", "event-store", "feed", "read-model", "oauth"],
  bridge: ["domain", "event-store", "read-model", "oauth", "secrets"],
  feed: ["domain", "event-store", "read-model"],
  gateway: ["domain", "event-store", "read-model", "keys", "oauth", "upstream"],
  upstream: ["domain", "event-store", "read-model", "feed", "keys", "secrets", "oauth", "admin"],
  "feed/kafka": ["domain", "event-store", "feed"],
  audit: ["domain", "event-store", "feed", "read-model", "keys", "oauth"],
  validators: ["domain", "event-store", "read-model", "keys", "oauth"],
  keys: ["domain", "event-store"],
  secrets: ["keys"],
  identity: [],
  config: [],
  telemetry: [],
  oauth: ["domain", "event-store", "read-model", "keys", "identity"],
  admin: ["domain", "event-store", "read-model", "keys", "identity", "oauth"],
  http: ["oauth", "telemetry", "domain", "event-store"],
  platform: [
    "domain",
    "event-store",
    "event-store-sqlite",
    "read-model",
    "read-model-sqlite",
    "event-store-postgres",
    "event-store-eventstoredb",
    "read-model-redis",
    "keys",
    "keys-postgres",
    "feed",
    "feed-kafka",
    "flags",
    "anomalies",
    "alerts",
    "audit",
    "validators",
    "gateway",
    "secrets",
    "bridge",
    "upstream",
    "identity",
    "config",
    "telemetry",
    "oauth",
    "admin",
    "http",
  ],
  service: ["platform", "config", "telemetry", "oauth", "admin", "audit", "validators", "feed", "http"],
  testing: ["*"],
};

/** Slices of libs/oauth that are endpoints or grants: nobody but the composition may import them. */
const SLICES = [
  "authorize",
  "par",
  "login",
  "consent",
  "device-authorization",
  "device-verification",
  "token",
  "introspection",
  "revocation",
  "userinfo",
  "metadata",
  "jwks",
  "logout",
  "registration",
];

interface Import {
  readonly file: string;
  readonly target: string;
}

const imports = collect(join(root, "libs")).concat(collect(join(root, "apps")));

describe("the arrows of the architecture", () => {
  it("finds imports at all", () => {
    expect(imports.length).toBeGreaterThan(200);
  });

  it("lets no library import another than those it may", () => {
    const wrong = imports.filter(({ file, target }) => {
      const owner = ownerOf(file);
      const imported = /^@grantline\/([a-z-]+)/.exec(target)?.[1];
      if (owner === undefined || imported === undefined || isTest(file)) return false;
      const allowed = ALLOWED[owner] ?? [];
      return !allowed.includes("*") && imported !== owner && !allowed.includes(imported);
    });
    expect(wrong).toEqual([]);
  });

  it("keeps Nest and Fastify at the rim", () => {
    const rim = (file: string): boolean =>
      file.startsWith("libs/http/") || file.startsWith("libs/service/") || file.startsWith("apps/") || file.endsWith(".nest.ts");
    expect(imports.filter(({ file, target }) => /^(@nestjs\/|fastify$)/.test(target) && !rim(file))).toEqual([]);
  });

  it("lets the domain import nothing but itself", () => {
    expect(imports.filter(({ file, target }) => file.startsWith("libs/domain/src/") && !isTest(file) && !target.startsWith("."))).toEqual(
      [],
    );
  });

  it("lets no endpoint or grant slice import a sibling", () => {
    const wrong = imports.filter(({ file, target }) => {
      const from = /^libs\/oauth\/src\/([a-z-]+)\//.exec(file)?.[1];
      if (from === undefined || isTest(file) || !target.startsWith("..")) return false;
      const to = relative(root, join(root, file, "..", target)).split("/")[3];
      return to !== undefined && to !== from && SLICES.includes(to) && from !== "endpoints";
    });
    expect(wrong).toEqual([]);
  });

  it("lets nobody import an app", () => {
    expect(imports.filter(({ target }) => /^@grantline\/(all-in-one|cli)/.test(target))).toEqual([]);
  });

  it("names files in kebab case with known roles", () => {
    const files = [...new Set(imports.map(({ file }) => file))];
    expect(files.filter((file) => !/^[a-z0-9-]+(\.[a-z0-9-]+)*\.ts$/.test(file.split("/").at(-1) ?? ""))).toEqual([]);
  });
});

describe("citations", () => {
  it("name only specifications listed in docs/specs.json", () => {
    const known = new Set(Object.keys(JSON.parse(readFileSync(join(root, "docs/specs.json"), "utf8")) as object));
    const unknown = sources(join(root, "libs")).flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/RFC (\d{4,5})/g)]
        .filter((match) => !known.has(`RFC ${match[1]}`))
        .map((match) => `${relative(root, file)}: RFC ${match[1]}`),
    );
    expect(unknown).toEqual([]);
  });
});

function collect(folder: string): Import[] {
  return sources(folder).flatMap((path) => {
    const file = relative(root, path);
    return [
      ...readFileSync(path, "utf8").matchAll(/^\s*(?:import|export)\b[^"']*?\bfrom\s+["']([^"']+)["']|^import\s+["']([^"']+)["']/gm),
    ].map((match) => ({
      file,
      target: match[1] ?? match[2] ?? "",
    }));
  });
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes("/node_modules/") && !path.includes("/dist/"));
}

function ownerOf(file: string): string | undefined {
  const parts = file.split("/");
  if (parts[0] !== "libs") return undefined;
  const nested = `${parts[1]}/${parts[2]}`;
  return nested in ALLOWED ? nested : parts[1];
}

function isTest(file: string): boolean {
  return /\.spec\.ts$|\.fixture\.ts$|\/fixtures\/|\/testing\/|contract\.ts$|\/bench\//.test(file);
}
