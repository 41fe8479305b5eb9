import type { DomainEvent } from "../kernel/index.ts";

/** A server that speaks through a bridge process. `env`: names of variables it is given, never values. */
export interface StdioServer {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly string[];
}

/** Which of a server's tools may be called, and with which of our scopes. `deny` wins over `allow`; without `allow` every tool may be. */
export interface ToolPolicy {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
  /** Scopes of ours a tool needs, by tool name. */
  readonly scopes?: Readonly<Record<string, readonly string[]>>;
}

export interface ServerPolicy {
  readonly tools?: ToolPolicy;
  /** Calls a minute, per user. */
  readonly ratePerMinute?: number;
  /** How long the server may take to begin its answer. */
  readonly timeoutMs?: number;
}

/** The client we are at the provider where one was registered by hand for this server alone. Its secret lies in the secret store. */
export interface StaticClient {
  readonly clientId: string;
  /** Name of the secret in the secret store; absent: a public client. */
  readonly secretName?: string;
}

interface ServerBasics {
  readonly name: string;
  /** Who gives tokens for it: a provider of the settings, or `discovered` by what the server publishes (RFC 9728). */
  readonly provider: string;
  /** `oauth`: a token of each user; `static`: one token for all; `none`: it wants none. */
  readonly authorization: "oauth" | "none" | "static";
  /** What users are asked to let us have at the provider. */
  readonly scopes: readonly string[];
  readonly client?: StaticClient;
  readonly policy: ServerPolicy;
}

/** A third-party MCP server behind the gateway: reached at a URL, or through a bridge process. */
export type ServerDefinition = ServerBasics &
  ({ readonly url: string; readonly stdio?: never } | { readonly stdio: StdioServer; readonly url?: never });

/** From here on the server is behind the gateway, as the resource of that id. */
export type ServerAdded = DomainEvent<"ServerAdded", { readonly server: ServerDefinition; readonly resourceId: string }>;
export type ServerChanged = DomainEvent<"ServerChanged", { readonly server: ServerDefinition }>;
/** We registered ourselves at an authorization server this server names (RFC 7591), and are known there by this id. */
export type ServerClientRegistered = DomainEvent<
  "ServerClientRegistered",
  {
    readonly issuer: string;
    readonly clientId: string;
    readonly secretName?: string;
    readonly authMethod: string;
    readonly expiresAt?: number;
  }
>;
export type ServerRemoved = DomainEvent<"ServerRemoved", { readonly name: string }>;
export type ServerEvent = ServerAdded | ServerChanged | ServerClientRegistered | ServerRemoved;

export type RegisteredAt = ServerClientRegistered["data"];

export type ServerState =
  | { readonly status: "none" }
  | {
      readonly status: "active";
      readonly server: ServerDefinition;
      readonly resourceId: string;
      /** Our latest registration at an authorization server; good for its issuer alone. */
      readonly registration?: RegisteredAt;
    }
  | { readonly status: "removed"; readonly name: string };

export type ServerCommand =
  | { readonly kind: "add"; readonly now: number; readonly server: ServerDefinition; readonly resourceId: string }
  | { readonly kind: "change"; readonly now: number; readonly server: ServerDefinition }
  /** `replaces`: client id of the registration this one takes the place of, undefined when there was none. */
  | { readonly kind: "register-client"; readonly now: number; readonly registration: RegisteredAt; readonly replaces?: string }
  | { readonly kind: "remove"; readonly now: number };

export type ServerOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "unchanged" }
  | { readonly kind: "refused"; readonly reason: "server-exists" | "server-unknown" | "client-registered-meanwhile" };
