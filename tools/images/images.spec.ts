import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { configReference } from "@grantline/config";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { serverFlags } from "../launch/server-flags.mjs";
// @ts-expect-error -- plain Node 20, without types
import { containerConfiguration, localConfiguration, PROXIED } from "../platform/nginx.mjs";
// @ts-expect-error -- plain Node 20, without types
import { SERVICES } from "../platform/services.mjs";
// @ts-expect-error -- plain Node 20, without types
import { targetsOf } from "./targets.mjs";
// @ts-expect-error -- plain Node 20, without types
import { appsOf } from "./tree.mjs";

const root = join(import.meta.dirname, "..", "..");
const read = (name: string) => readFileSync(join(root, name), "utf8");

interface Service {
  readonly image?: string;
  readonly build?: { readonly target: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>> | readonly string[];
  readonly healthcheck?: object;
  readonly command?: readonly string[];
}
const compose = parse(read("compose.yaml"), { merge: true }) as { readonly services: Readonly<Record<string, Service>> };
const dockerfile = read("Dockerfile");
const targets = targetsOf(dockerfile) as readonly string[];

describe("the images", () => {
  it("are one for each app, and each runs that app's main", () => {
    expect(targets.toSorted()).toEqual((appsOf(root) as readonly string[]).toSorted());
    for (const target of targets) {
      const stage = new RegExp(`^FROM runtime AS ${target}\\n([^]*?)(?=^FROM |$(?![^]))`, "m").exec(dockerfile)?.[1] ?? "";
      expect([target, stage.match(/\/app\/apps\/[\w-]+\/dist\/main\.js/g)]).toEqual([target, [`/app/apps/${target}/dist/main.js`]]);
      expect(existsSync(join(root, "apps", target, "src", "main.ts"))).toBe(true);
    }
  });

  it("start Node as everything else does, and as nobody in particular", () => {
    const [, flags] = /^ENTRYPOINT \["node", (.*)\]$/m.exec(dockerfile) ?? [];
    expect(JSON.parse(`[${flags}]`)).toEqual(serverFlags);
    expect(dockerfile).toMatch(/^USER 65532:65532$/m);
    expect(dockerfile.match(/^USER .*$/gm)).toHaveLength(1);
  });
});

describe("compose.yaml", () => {
  const own = Object.entries(compose.services).filter(([, service]) => service.build !== undefined);

  it("runs every service that `npm run platform` runs, each from the target of its name", () => {
    expect(own.filter(([name]) => name !== "migrate").map(([name, { build }]) => [name, build?.target])).toEqual(
      expect.arrayContaining((SERVICES as readonly string[]).map((name) => [name, name])),
    );
    expect(own).toHaveLength((SERVICES as readonly string[]).length + 1);
    expect(compose.services["migrate"]).toMatchObject({ build: { target: "cli" }, command: ["database", "migrate"] });
  });

  it("sets only settings there are", () => {
    const known = [...configReference().matchAll(/GRANTLINE_[A-Z_]+/g)].map(([name]) => name);
    for (const [name, { environment = {} }] of own)
      for (const variable of Object.keys(environment)) expect([name, known.includes(variable) && variable]).toEqual([name, variable]);
  });

  it("waits for what it has, and only for what says whether it is healthy", () => {
    for (const { depends_on = {} } of Object.values(compose.services)) {
      for (const [name, on] of Array.isArray(depends_on) ? depends_on.map((one: string) => [one, undefined]) : Object.entries(depends_on)) {
        expect(compose.services[name as string]).toBeDefined();
        if ((on as { condition?: string } | undefined)?.condition === "service_healthy")
          expect([name, compose.services[name as string]?.healthcheck]).toEqual([name, expect.anything()]);
      }
    }
  });

  it("keeps every engine's data in a volume: Kafka's image says where only while nothing is set", () => {
    expect(compose.services["kafka"]?.environment?.["KAFKA_LOG_DIRS"]).toBe("/var/lib/kafka/data");
  });
});

describe("the proxy", () => {
  const locations = (text: string) => text.match(/^ {4}location .*$/gm);

  it("of the containers has the routes of `npm run platform`", () => {
    expect(read("deploy/nginx/platform.conf")).toBe(containerConfiguration());
    const ports = Object.fromEntries((PROXIED as readonly string[]).map((service) => [service, [1]]));
    const local = localConfiguration({ host: "127.0.0.1", port: 1, basePath: "/oauth", place: "/nowhere" }, ports) as string;
    expect(locations(local)).toEqual(locations(containerConfiguration() as string));
    for (const service of PROXIED as readonly string[]) expect(compose.services).toHaveProperty(service);
  });
});
