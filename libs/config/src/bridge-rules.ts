import type { Settings } from "./schema.ts";
import { issuerFault } from "./urls.ts";

/** What the bridge's settings need of each other. Nothing is asked of a bridge that only passes on. */
export function bridgeProblems({ bridge, server }: Settings, production: boolean): readonly string[] {
  if (bridge.target === "grantline") return [];
  return [
    ...neededProblems(bridge),
    ...issuerProblems(bridge.issuer, server.issuer, production),
    ...lifetimeProblems(bridge),
    ...(bridge.initialAccessTokens.length === 0 && !bridge.open
      ? ["GRANTLINE_BRIDGE_INITIAL_ACCESS_TOKENS: found an empty list; allowed: at least one, or GRANTLINE_BRIDGE_OPEN=true"]
      : []),
  ];
}

type Bridge = Settings["bridge"];

function neededProblems({ target, entra, server }: Bridge): readonly string[] {
  const needed =
    target === "entra"
      ? {
          GRANTLINE_BRIDGE_ENTRA_TENANT: entra.tenant,
          GRANTLINE_BRIDGE_ENTRA_RESOURCE: entra.resource,
          GRANTLINE_BRIDGE_ENTRA_RESOURCE_APP_ID: entra.resourceAppId,
          GRANTLINE_BRIDGE_ENTRA_SCOPES: entra.scopes[0],
        }
      : { GRANTLINE_BRIDGE_SERVER_ISSUER: server.issuer, GRANTLINE_BRIDGE_SERVER_SCOPES: server.scopes[0] };
  const missing = Object.entries(needed).filter(([, value]) => value === undefined);
  const half = target === "entra" && (entra.clientId === undefined) !== (entra.secretName === undefined);
  return [
    ...missing.map(([env]) => `${env}: found nothing with GRANTLINE_BRIDGE_TARGET=${target}; allowed: see the configuration reference`),
    ...(half
      ? [
          "GRANTLINE_BRIDGE_ENTRA_CLIENT_ID: found one of it and GRANTLINE_BRIDGE_ENTRA_SECRET_NAME; allowed: both, or neither for DefaultAzureCredential",
        ]
      : []),
  ];
}

function issuerProblems(issuer: string | undefined, own: string | undefined, production: boolean): readonly string[] {
  if (issuer === undefined) return [];
  const { pathname, protocol } = new URL(issuer);
  const fault =
    issuerFault(issuer) ??
    (pathname === "/" ? "it has no path" : undefined) ??
    // RFC 8414 §2: an issuer is an https URL
    (production && protocol !== "https:" ? "it is plain http in production" : undefined) ??
    // two servers at one issuer would answer for each other
    (issuer === own ? "it is the issuer of the server itself" : undefined);
  return fault === undefined ? [] : [`GRANTLINE_BRIDGE_ISSUER: found ${issuer}: ${fault}; allowed: an https URL with a path of its own`];
}

function lifetimeProblems({ secretLifetime, secretRotateAhead, secretOverlap }: Bridge): readonly string[] {
  return [
    ...(secretRotateAhead >= secretLifetime
      ? [
          `GRANTLINE_BRIDGE_SECRET_ROTATE_AHEAD: found ${secretRotateAhead} s; allowed: less than GRANTLINE_BRIDGE_SECRET_LIFETIME (${secretLifetime} s)`,
        ]
      : []),
    ...(secretOverlap > secretRotateAhead
      ? [
          `GRANTLINE_BRIDGE_SECRET_OVERLAP: found ${secretOverlap} s; allowed: at most GRANTLINE_BRIDGE_SECRET_ROTATE_AHEAD (${secretRotateAhead} s)`,
        ]
      : []),
  ];
}
