import type { ScopeDefinition } from "@grantline/domain/resource";
import type { OAuthSettings } from "../context/index.ts";

/** The scopes of the transmitter's API (Shared Signals Framework), in plain words. Names: CAEP interoperability profile §2.7.2. */
export const SIGNAL_SCOPES: readonly ScopeDefinition[] = [
  { name: "ssf.read", description: "Receive security events" },
  { name: "ssf.manage", description: "Receive security events and say which, how and where" },
];

/** The transmitter's API as a resource: the audience of its tokens. */
export function signalsResource({ origin }: Pick<OAuthSettings, "origin">): string {
  return `${origin}/ssf/v1`;
}
