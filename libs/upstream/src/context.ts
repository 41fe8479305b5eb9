import type { AdminContext } from "@grantline/admin";
import type { ServerCommand, ServerOutcome, ServerState } from "@grantline/domain/server";
import type { UpstreamCommand, UpstreamOutcome, UpstreamState } from "@grantline/domain/upstream";
import type { StreamRepository } from "@grantline/event-store";
import type { OAuthContext } from "@grantline/oauth/context";
import type { SafeExchange, SafeFetch } from "@grantline/oauth/outbound";
import type { SecretStore } from "@grantline/secrets";
import type { ProviderSettings } from "./providers/settings.ts";

/** A logger, as far as it is needed here. */
export interface UpstreamLog {
  info(members: object, text: string): void;
  warn(members: object, text: string): void;
}

export interface UpstreamMetrics {
  upstreamRefreshed(provider: string, outcome: "done" | "refused" | "transient" | "setup"): void;
}

export interface GatewaySettings {
  /** Origin of the gateway, where its servers are resources. */
  readonly origin: string;
  readonly providers: readonly ProviderSettings[];
  /** Seconds before its end that a token is refreshed. */
  readonly refreshAhead: number;
}

export interface Outside {
  readonly fetcher: SafeFetch;
  readonly afresh?: SafeFetch;
  readonly exchange: SafeExchange;
}

/** What the slices of this package need beside what every slice may use. */
export interface UpstreamParts {
  readonly gateway: GatewaySettings;
  readonly servers: StreamRepository<ServerState, ServerCommand, ServerOutcome>;
  readonly upstreams: StreamRepository<UpstreamState, UpstreamCommand, UpstreamOutcome>;
  /** One that answers from no memory of its own: what another process has just stored must be seen. */
  readonly secrets: SecretStore;
  readonly fetcher: SafeFetch;
  /** The same, where what is remembered will not do. */
  readonly afresh?: SafeFetch;
  readonly exchange: SafeExchange;
  /** The ways that lead to nothing an operator named of our own network: for what strangers name. */
  readonly outside: Outside;
  readonly log: UpstreamLog;
  readonly metrics?: UpstreamMetrics | undefined;
}

export type UpstreamContext = OAuthContext & AdminContext & UpstreamParts;

/** The stream of a connection: `upstream-{user}-{server}`. */
export function connectionId(user: string, server: string): string {
  return `${user}-${server}`;
}
