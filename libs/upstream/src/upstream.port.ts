import type { ServerDefinition } from "@grantline/domain/server";
import type { CommandMeta } from "@grantline/event-store";

/** A third-party MCP server behind the gateway: at a `url`, or through `stdio`. */
export type GatewayServer = ServerDefinition;

/** The registry of servers. */
export interface Servers {
  /** From its stream: as current as any other answer of this server. Undefined for a name that is no server's. */
  find(name: string): Promise<GatewayServer | undefined>;
  /** The one there is, from the read model; undefined where there is none, or more. Costs the same however many there are. */
  only(): Promise<GatewayServer | undefined>;
  /** From the read model: for listings. */
  list(): Promise<readonly GatewayServer[]>;
}

/** What the gateway gets when it asks for a token to send with a person's call. */
export type UpstreamAccess =
  | {
      readonly kind: "token";
      readonly accessToken: string;
      /** Named to `renew` when the server refuses the token. 0: one token for all, which nobody here can renew. */
      readonly generation: number;
      readonly scopes: readonly string[];
      /** Epoch seconds; absent: not known to end. */
      readonly expiresAt?: number;
    }
  /** The person has to connect (again); `scope`: is connected, but not for these scopes. */
  | { readonly kind: "none"; readonly reason: "not-connected" | "refresh-refused" | "revoked" | "scope" }
  /** Provider, vault or store does not answer; nothing is known to be wrong with the connection. */
  | { readonly kind: "unavailable"; readonly retryAfterSeconds: number; readonly reason: string };

export interface ConnectionOf {
  /** Our subject id. */
  readonly user: string;
  readonly server: GatewayServer;
  readonly meta: CommandMeta;
}

export interface BegunAuthorization {
  /** On our own origin; the person opens it in a browser that is logged in here, or logs in there. */
  readonly url: string;
  readonly id: string;
  /** Epoch seconds. */
  readonly expiresAt: number;
}

export type AuthorizationOutcome = "pending" | "done" | "failed";

/** The tokens of people at third-party servers. None of its methods lets a token or a secret into an error or a log. */
export interface Upstreams {
  /** A token that is good now; refreshed first when its end is near. `scopes`: all of these are needed. */
  access(of: ConnectionOf & { readonly scopes?: readonly string[] }): Promise<UpstreamAccess>;
  /** After the server refused a token (401): a newer one. However many ask, in however many processes, the provider is asked once. */
  renew(of: ConnectionOf & { readonly refused: { readonly generation: number } }): Promise<UpstreamAccess>;
  /** Where the person goes to connect. Bound to the person, redeemed once, for ten minutes. `scopes` are asked besides those the server always needs. */
  begin(of: ConnectionOf & { readonly scopes?: readonly string[] }): Promise<BegunAuthorization>;
  /** How an authorization stands, for elicitation and the CLI. An id nobody gave is `failed`. */
  outcome(id: string): Promise<AuthorizationOutcome>;
  /** Ends the connection: here at once, at the provider where it can be told, in the secret store. */
  revoke(of: ConnectionOf): Promise<"revoked" | "none">;
}
