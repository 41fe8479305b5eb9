import { isLoopbackHost } from "./addresses.ts";
import { bridgeProblems } from "./bridge-rules.ts";
import type { Settings } from "./schema.ts";

/** The issuer when none is set. */
export function defaultIssuer(port: number): string {
  return `http://localhost:${port}/oauth`;
}

/** Rules between settings, one line for each that is broken. */
export function brokenRules(settings: Settings, production: boolean): readonly string[] {
  return [
    ...issuerProblems(settings, production),
    ...peopleProblems(settings, production),
    ...keyProblems(settings, production),
    ...lifetimeProblems(settings),
    ...storageProblems(settings),
    ...gatewayProblems(settings, production),
    ...bridgeProblems(settings, production),
  ];
}

function issuerProblems(settings: Settings, production: boolean): readonly string[] {
  const issuer = settings.server.issuer ?? defaultIssuer(settings.server.port);
  if (!production || issuer.startsWith("https:")) return [];
  const loopback = isLoopbackHost(new URL(issuer).hostname);
  // RFC 8414 §2: an issuer is an https URL; plain http is for one machine, and in production only by asking
  if (loopback && settings.server.allowHttpIssuer) return [];
  const hint = loopback ? ", or GRANTLINE_ALLOW_HTTP_ISSUER=true to try production on one machine" : "";
  return [`GRANTLINE_ISSUER: found ${issuer} with NODE_ENV=production; allowed: an https URL${hint}`];
}

function peopleProblems(settings: Settings, production: boolean): readonly string[] {
  const users = settings.people.devUsers ?? [];
  const names = users.map((user) => user.username);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return [
    ...(twice === undefined ? [] : [`GRANTLINE_DEV_USERS: found ${JSON.stringify(twice)} twice; allowed: each name once`]),
    ...(production && users.length > 0 && !settings.people.allowDevUsers
      ? [`GRANTLINE_DEV_USERS: found ${users.length} with NODE_ENV=production; allowed: none, unless GRANTLINE_ALLOW_DEV_USERS=true`]
      : []),
  ];
}

function keyProblems(settings: Settings, production: boolean): readonly string[] {
  const { kek, signingAlgs, rotation, publishAhead } = settings.keys;
  return [
    ...(production && kek === undefined
      ? [
          "GRANTLINE_KEK: found nothing with NODE_ENV=production; allowed: 32 bytes in base64, or a passphrase of at least 16 characters (or GRANTLINE_KEK_FILE)",
        ]
      : []),
    ...(signingAlgs.length === 0 ? ["GRANTLINE_SIGNING_ALGS: found an empty list; allowed: at least one of ES256, EdDSA and RS256"] : []),
    ...(new Set(signingAlgs).size < signingAlgs.length
      ? [`GRANTLINE_SIGNING_ALGS: found ${signingAlgs.join(",")}; allowed: each algorithm once`]
      : []),
    ...(publishAhead >= rotation
      ? [`GRANTLINE_KEY_PUBLISH_AHEAD: found ${publishAhead} s; allowed: less than GRANTLINE_KEY_ROTATION (${rotation} s)`]
      : []),
  ];
}

/** Clients compare the audience byte for byte, so it has one spelling. */
function gatewayProblems({ gateway: { url } }: Settings, production: boolean): readonly string[] {
  if (url === undefined) return [];
  const { origin, protocol } = new URL(url);
  const plain = production && protocol !== "https:";
  return url === origin && !plain
    ? []
    : [`GRANTLINE_GATEWAY_URL: found ${url}; allowed: ${plain ? "an https URL" : `an origin, written ${origin}`}`];
}

function lifetimeProblems(settings: Settings): readonly string[] {
  const kinds = (["human", "service", "agent"] as const).filter(
    (kind) => settings.tokens[kind].refreshIdle > settings.tokens[kind].refreshAbsolute,
  );
  return kinds.map((kind) => {
    const { refreshIdle, refreshAbsolute } = settings.tokens[kind];
    return `GRANTLINE_LIFETIME_${kind.toUpperCase()}_REFRESH_IDLE: found ${refreshIdle} s; allowed: at most the absolute lifetime (${refreshAbsolute} s)`;
  });
}

/** Engines that many processes share need each other: nothing of one installation may lie in one process's files. */
function storageProblems({ storage, keys, server }: Settings): readonly string[] {
  const { store, postgresUrl, eventstoreUrl, redisUrls } = storage;
  if (store === "sqlite") return [];
  const found = `found nothing with GRANTLINE_STORE=${store}`;
  return [
    ...(postgresUrl === undefined ? [`GRANTLINE_POSTGRES_URL: ${found}; allowed: a postgres:// URL`] : []),
    ...(store === "eventstoredb" && eventstoreUrl === undefined
      ? [`GRANTLINE_EVENTSTORE_URL: ${found}; allowed: an esdb:// connection string`]
      : []),
    ...(redisUrls.length === 0 ? [`GRANTLINE_REDIS_URL: ${found}; allowed: a redis:// URL, or several of one cluster`] : []),
    ...(keys.kek === undefined
      ? [
          `GRANTLINE_KEK: ${found}; allowed: 32 bytes in base64, or a passphrase of at least 16 characters (or GRANTLINE_KEK_FILE); every process needs the same`,
        ]
      : []),
    ...(server.workers > 1
      ? [`GRANTLINE_WORKERS: found ${server.workers} with GRANTLINE_STORE=${store}; allowed: 1 (start more processes instead)`]
      : []),
  ];
}
