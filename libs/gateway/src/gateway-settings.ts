/** What the gateway needs of the settings. */
export interface GatewaySettings {
  /** Scheme, host and port clients reach it at: servers are resources below it. */
  readonly origin: string;
  readonly issuer: string;
  /** Origins of web pages that may call, beside our own and loopback ones. `*`: any. */
  readonly browserOrigins: readonly string[];
  /** Hosts, addresses and CIDR blocks of our own network where MCP servers may be. */
  readonly privateUpstreams: readonly string[];
  /** MCP servers may be on this machine, over plain http: development. */
  readonly allowLoopback: boolean;
  /** Programs that stdio servers may be; none by default. */
  readonly commands: readonly string[];
  /** Address of this instance at which others reach the programs it runs. */
  readonly bridgeHost: string;
  /** Bytes a message may have. */
  readonly bodyLimit: number;
  /** Milliseconds a server may take to begin its answer, where its policy says nothing. */
  readonly timeoutMs: number;
}

/** The resource a server is: what tokens for it have as audience (RFC 8707). */
export function resourceOf({ origin }: Pick<GatewaySettings, "origin">, server: string): string {
  return `${origin}/mcp/${server}`;
}
