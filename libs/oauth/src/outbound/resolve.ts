import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { isLoopbackAddress, isLoopbackHost, isPublicAddress } from "./address.ts";
import type { NamedPlaces } from "./named-places.ts";
import { OutboundError } from "./outbound-error.ts";

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** All addresses of a name. Rejects when there are none. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

export const systemResolve: Resolve = (hostname) => lookup(hostname, { all: true, verbatim: true });

/**
 * The addresses we may connect to for a URL that passed `checkOutboundUrl`. One bad address refuses them all: an attacker
 * who mixes a private address among public ones must not win a coin toss. Throws OutboundError.
 */
export async function resolveChecked(url: URL, resolve: Resolve, named?: NamedPlaces): Promise<readonly ResolvedAddress[]> {
  const hostname = url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname;
  const family = isIP(hostname);
  const addresses = family === 0 ? await resolveName(hostname, resolve) : [{ address: hostname, family }];
  // Only the three loopback names, which `checkOutboundUrl` let pass in development, may lead to this machine.
  const outside = isLoopbackHost(url.hostname) ? isLoopbackAddress : isPublicAddress;
  const allowed = (address: string): boolean => outside(address) || named?.host(url.hostname) === true || named?.address(address) === true;
  if (addresses.length === 0) throw new OutboundError("name-unknown", "the name has no address", { temporary: true });
  if (!addresses.every(({ address }) => allowed(address))) throw new OutboundError("address-refused", "an address that is not public");
  return addresses;
}

async function resolveName(hostname: string, resolve: Resolve): Promise<readonly ResolvedAddress[]> {
  try {
    return await resolve(hostname);
  } catch (cause) {
    throw new OutboundError("name-unknown", "the name could not be resolved", { temporary: true, cause });
  }
}
