import { hash } from "node:crypto";
import { bridgeDecider } from "@grantline/domain/bridge";
import {
  type BridgeContext,
  bridgeDuties,
  type BridgeDuty,
  createGraph,
  createQuota,
  entraCredential,
  entraTarget,
  entraUpstream,
  facadeEndpoints,
  type Fetch,
  foreignServer,
  foreignTarget,
  foreignUpstream,
} from "@grantline/bridge";
import { bridgeIssuer, type Config } from "@grantline/config";
import { createClientDocuments } from "@grantline/oauth/client-metadata-document";
import type { Endpoint } from "@grantline/oauth/http";
import type { SecretStore } from "@grantline/secrets";
import { behindSwitches } from "./bridge-switches.ts";
import { startDuties } from "./duties.ts";
import { type Leased, standFor } from "./leased.ts";
import type { Platform } from "./platform.ts";
import type { Instruments } from "./rim.ts";
import { lazySecretStore } from "./secret-store.ts";

export interface BridgeWiring {
  readonly platform: Platform;
  readonly config: Config;
  readonly instruments: Instruments;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How the target is asked; tests trust a stand-in's certificate. */
  readonly fetch?: Fetch;
}

/** The bridge to another directory, in this process. */
export interface PlatformBridge {
  readonly endpoints: readonly Endpoint[];
  /** Does what nobody waits for: alone in this process, or with leases where there are many. */
  startDuties(): Leased;
  close(): Promise<void>;
}

/** Undefined where the settings name no other directory. */
export function openBridge(wiring: BridgeWiring): PlatformBridge | undefined {
  const { platform, config, instruments, env } = wiring;
  const { log, metrics } = instruments;
  if (config.bridge.target === "grantline") return undefined;
  const { context, runtime, fetcher } = platform;
  const { bridge } = config;
  const secrets = lazySecretStore({ config, env, onTrouble: (what) => log.warn({ what }, "secret stores") });
  const fetchTarget = wiring.fetch ?? (fetch as Fetch);
  const parts: BridgeContext = {
    ...targetOf(wiring, secrets, fetchTarget),
    bridges: runtime.repository(bridgeDecider),
    rotateAhead: bridge.secretRotateAhead,
    clock: context.clock,
    random: context.random,
    limits: context.limits,
    subjectKeys: context.subjectKeys,
    settings: {
      issuer: bridgeIssuer(config),
      initialAccessTokens: bridge.initialAccessTokens,
      open: bridge.open,
      documentHosts: bridge.documentHosts,
      redirectSchemes: config.dcr.redirectSchemes,
      allowInsecureLoopback: config.cimd.allowInsecureLoopback,
      patience: bridge.patience,
    },
    fetchTarget,
    secrets,
    documents: createClientDocuments({ fetcher, clock: context.clock, settings: context.settings }),
    fetcher,
    quota: createQuota({ readModel: context.readModel, clock: context.clock, max: bridge.maxClients }),
    log,
    metrics,
  };
  void warnUnlessThere(parts, bridge.target);
  const times = { patience: bridge.patience, unused: bridge.unusedLifetime, idle: bridge.idleLifetime };
  const duties = bridgeDuties({ ...parts, readModel: context.readModel, times });
  return {
    endpoints: behindSwitches(facadeEndpoints(parts), context.flags, bridge.target),
    startDuties: () => begin(duties, wiring),
    close: () => secrets.close(),
  };
}

const FIRST_AFTER_MS = 5_000;

function begin(duties: readonly BridgeDuty[], { platform, instruments: { log } }: BridgeWiring): Leased {
  if (platform.role === "member") return standFor(duties, { platform, log });
  const running = startDuties(duties, log, FIRST_AFTER_MS);
  return { working: () => duties.map(({ name }) => name), close: () => running.close() };
}

function targetOf({ config, platform }: BridgeWiring, secrets: SecretStore, send: Fetch): Pick<BridgeContext, "target" | "upstream"> {
  const { bridge } = config;
  return bridge.target === "rfc7591" ? foreignOf(bridge, secrets, send) : entraOf(config, platform, secrets, send);
}

function entraOf(config: Config, { context }: Platform, secrets: SecretStore, send: Fetch): Pick<BridgeContext, "target" | "upstream"> {
  const { entra, secretLifetime, secretOverlap } = config.bridge;
  const { authority, clientId, secretName } = entra;
  const tenantId = entra.tenant ?? "";
  const resource = {
    uri: entra.resource ?? "",
    appId: entra.resourceAppId ?? "",
    scopes: Object.fromEntries(entra.scopes.map((scope) => [scope.slice(0, scope.indexOf("=")), scope.slice(scope.indexOf("=") + 1)])),
  };
  const credential = entraCredential({
    authority,
    tenantId,
    secrets,
    ...(clientId === undefined ? {} : { clientId }),
    ...(secretName === undefined ? {} : { secretName }),
  });
  const target = entraTarget({
    graph: createGraph({ url: entra.graph, credential, fetch: send }),
    secrets,
    clock: context.clock,
    // several installations may share a tenant: each removes only what carries its own mark
    rules: { resource, signInAudience: entra.audience, installation: hash("sha256", bridgeIssuer(config), "hex").slice(0, 12) },
    secretLifetime,
    secretOverlap,
  });
  return { target, upstream: entraUpstream({ authority, tenantId, resource }) };
}

function foreignOf({ server: of }: Config["bridge"], secrets: SecretStore, send: Fetch): Pick<BridgeContext, "target" | "upstream"> {
  const server = foreignServer(of.issuer ?? "", send);
  const { secretName } = of;
  const token = secretName === undefined ? {} : { initialAccessToken: async () => (await secrets.get(secretName))?.value ?? "" };
  return {
    target: foreignTarget({ server, secrets, scopes: of.scopes, tokenType: of.tokenType, fetch: send, ...token }),
    upstream: foreignUpstream(server, of.scopes),
  };
}

/** Wrong credentials are better known at the start than at the first registration. The facade serves those who are registered all the same. */
async function warnUnlessThere({ target, log }: BridgeContext, name: string): Promise<void> {
  if (!(await target.answers())) log.warn({ target: name }, "the bridge's target does not answer, or refuses the bridge's credentials");
}
