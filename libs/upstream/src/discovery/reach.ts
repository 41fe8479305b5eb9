import { OutboundError, type SafeFetch } from "@grantline/oauth/outbound";
import type { UpstreamContext } from "../context.ts";
import { ProviderTrouble } from "../providers/trouble.ts";
import type { DiscoveryParts } from "./protected-resource.ts";

/**
 * How far the word of a server reaches. One that is in our own network, where an operator named it, may name an authorization server there. One outside may not:
 * it would choose what the gateway asks of our own hosts, path and body (MCP security best practices, SSRF).
 */
export async function reachOf(
  { fetcher, exchange, outside }: Pick<UpstreamContext, "fetcher" | "exchange" | "outside">,
  url: string,
): Promise<DiscoveryParts> {
  const inside = !(await mayGo(outside.fetcher, url)) && (await mayGo(fetcher, url));
  return inside ? { fetcher, exchange } : { fetcher: outside.fetcher, exchange: outside.exchange };
}

async function mayGo(by: Pick<SafeFetch, "check">, url: string): Promise<boolean> {
  try {
    await by.check(url);
    return true;
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    if (error.temporary) throw new ProviderTrouble("transient", `outbound-${error.failure}`);
    return false;
  }
}
