import type { OAuthContext } from "@grantline/oauth/context";
import type { ClientDocuments } from "@grantline/oauth/client-metadata-document";
import type { SafeFetch } from "@grantline/oauth/outbound";
import type { SecretStore } from "@grantline/secrets";
import type { Fetch } from "./fetch.port.ts";
import type { FacadeUpstream } from "./facade/upstream.port.ts";
import type { DriveParts } from "./process/drive.ts";
import type { Quota } from "./registration/quota.ts";

export interface BridgeFacadeSettings {
  /** Of the facade's own metadata; its endpoints live below it. */
  readonly issuer: string;
  /** One of them is needed to register, unless `open`. */
  readonly initialAccessTokens: readonly string[];
  readonly open: boolean;
  /** Hosts whose metadata documents are clients here; empty: none. Each client becomes an application at the target, so strangers' URLs don't do. */
  readonly documentHosts: readonly string[];
  readonly redirectSchemes: readonly string[];
  readonly allowInsecureLoopback: boolean;
  /** How long a request waits for its registration, seconds. */
  readonly patience: number;
}

/** What the bridge's endpoints use. */
export interface BridgeContext extends DriveParts, Pick<OAuthContext, "random" | "limits" | "subjectKeys"> {
  readonly settings: BridgeFacadeSettings;
  readonly upstream: FacadeUpstream;
  /** `fetch`; only ever sent to the endpoints of `upstream`. */
  readonly fetchTarget: Fetch;
  readonly secrets: Pick<SecretStore, "get">;
  readonly documents: ClientDocuments;
  readonly fetcher: SafeFetch;
  /** For registrations nobody vouched for. */
  readonly quota: Quota;
  readonly log: {
    info(members: object, text: string): void;
    warn(members: object, text: string): void;
    error(members: object, text: string): void;
  };
  readonly metrics: {
    /** How a registration, an update or a removal went, and how long it took. */
    bridged(what: "register" | "update" | "remove", outcome: "done" | "failed", seconds: number): void;
  };
}

/** Path of the facade's issuer, "" when it has none. */
export function facadePath({ issuer }: Pick<BridgeFacadeSettings, "issuer">): string {
  const { pathname } = new URL(issuer);
  return pathname === "/" ? "" : pathname;
}
