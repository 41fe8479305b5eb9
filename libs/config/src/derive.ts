import { resolve } from "node:path";
import { isLoopbackHost } from "./addresses.ts";
import type { Config, DevUserSetting, KekSetting } from "./config.ts";
import { deepFreeze } from "./config.ts";
import { defaultIssuer } from "./rules.ts";
import type { Settings } from "./schema.ts";

interface Surroundings {
  readonly production: boolean;
  readonly cwd: string;
  readonly file?: string;
}

/** Works out what depends on several settings or on NODE_ENV. */
export function deriveConfig(settings: Settings, surroundings: Surroundings): Config {
  const { production, cwd, file } = surroundings;
  const { adminSecret, devUsers, ...people } = settings.people;
  const { kek, kekPrevious, ...keys } = settings.keys;
  const users: readonly DevUserSetting[] = devUsers ?? (production ? [] : [{ username: "demo", password: "demo" }]);
  const defaultDevUsers = devUsers === undefined && users.length > 0;
  const server = {
    ...settings.server,
    dataDir: resolve(cwd, settings.server.dataDir),
    ...issuerParts(settings.server.issuer, settings.server.port),
  };
  return deepFreeze({
    ...settings,
    production,
    ...(file === undefined ? {} : { file }),
    server,
    people: { ...people, ...(adminSecret === undefined ? {} : { adminSecret }), devUsers: users, defaultDevUsers },
    keys: {
      ...keys,
      ...(kek === undefined ? {} : { kek: readKek(kek) }),
      ...(kekPrevious === undefined ? {} : { kekPrevious: readKek(kekPrevious) }),
    },
    cimd: { ...settings.cimd, allowInsecureLoopback: settings.cimd.allowInsecureLoopback ?? !production },
    warnings: warnings(server.issuer, users, defaultDevUsers, production),
  });
}

/** The same settings once the port is known (0 was asked for): an issuer that follows the port names it. */
export function withPort(config: Config, port: number): Config {
  const issuer = config.server.issuerFollowsPort ? issuerParts(undefined, port) : {};
  return deepFreeze({ ...config, server: { ...config.server, port, ...issuer } });
}

/** Issuer of the bridge's facade. */
export function bridgeIssuer({ bridge, server }: Config): string {
  return bridge.issuer ?? `${server.origin}/bridge`;
}

/** Where the gateway is: as set, else where everything is. */
export function gatewayOrigin({ gateway, server }: Config): string {
  return gateway.url ?? server.origin;
}

function issuerParts(given: string | undefined, port: number) {
  const issuer = given ?? defaultIssuer(port);
  const url = new URL(issuer);
  return { issuer, issuerFollowsPort: given === undefined, origin: url.origin, basePath: url.pathname === "/" ? "" : url.pathname };
}

function warnings(issuer: string, users: readonly DevUserSetting[], defaultUsers: boolean, production: boolean): readonly string[] {
  const plain = issuer.startsWith("http:") && (production || !isLoopbackHost(new URL(issuer).hostname));
  return [
    ...(defaultUsers ? ["Anybody can log in as demo with password demo (development only). Set GRANTLINE_DEV_USERS to change that."] : []),
    ...(production && users.length > 0 ? [`${users.length} development user(s) may log in although NODE_ENV=production.`] : []),
    ...(plain ? [`The issuer ${issuer} is plain http: tokens and passwords cross the network in the clear.`] : []),
  ];
}

/** 32 bytes written in base64 or base64url are the key itself; any other text is a passphrase. */
function readKek(text: string): KekSetting {
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) {
    const key = Buffer.from(text, "base64");
    if (key.length === 32) return { key };
  }
  return { passphrase: text };
}
