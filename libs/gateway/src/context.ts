import type { SubjectKeys, Seals } from "@grantline/keys";
import type { OAuthContext } from "@grantline/oauth/context";
import type { StepUpSources } from "@grantline/oauth/step-up";
import type { AccessTokenView, TokenSources } from "@grantline/oauth/tokens";
import type { RegisteredResource } from "@grantline/domain/resource";
import type { OpenStreams } from "./call/open-streams.ts";
import type { Bridge } from "./bridge/bridge.ts";
import type { GatewayMetrics } from "./gateway-metrics.ts";
import type { GatewaySettings } from "./gateway-settings.ts";
import type { Journal } from "./journal/journal.ts";
import type { Circuits, Outbound } from "./outbound/index.ts";
import type { GatewayServer, Servers, Upstreams } from "@grantline/upstream";
import type { TokenWatch } from "./watch/token-watch.ts";

/** What of the platform the gateway stands on. */
export type GatewaySources = TokenSources &
  StepUpSources &
  Pick<OAuthContext, "limits" | "ephemeral" | "clock" | "flags"> & { readonly seals: Seals; readonly subjectKeys: SubjectKeys };

/** All a slice of the gateway may use. */
export interface GatewayContext {
  readonly sources: GatewaySources;
  readonly settings: GatewaySettings;
  readonly servers: Servers;
  readonly upstreams: Upstreams;
  readonly journal: Journal;
  readonly outbound: Outbound;
  readonly circuits: Circuits;
  readonly watch: TokenWatch;
  readonly streams: OpenStreams;
  readonly bridge: Bridge;
  readonly metrics: GatewayMetrics | undefined;
}

/** Who calls which server. */
export interface Caller {
  readonly server: GatewayServer;
  readonly resource: RegisteredResource;
  readonly token: AccessTokenView;
  /** The token as presented: for the watch, never for anybody else. */
  readonly presented: string;
}
