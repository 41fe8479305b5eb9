import { BlockList, isIP } from "node:net";
import { isLoopbackHost, isPublicAddress } from "@grantline/oauth/outbound";
import type { GatewaySettings } from "../gateway-settings.ts";

/** Where the gateway may connect to: what is public over https, and of our own network what the operator named. */
export interface Admission {
  /** May the socket go to this address for this host? Asked with what the name resolved to, just before connecting. */
  admits(of: { readonly host: string; readonly address: string; readonly plain: boolean }): boolean;
}

export function createAdmission({
  privateUpstreams,
  allowLoopback,
}: Pick<GatewaySettings, "privateUpstreams" | "allowLoopback">): Admission {
  const hosts = new Set(privateUpstreams.filter((entry) => !isAddressOrBlock(entry)).map((entry) => entry.toLowerCase()));
  const loopback = new BlockList();
  loopback.addSubnet("127.0.0.0", 8, "ipv4");
  loopback.addAddress("::1", "ipv6");
  const blocks = new BlockList();
  for (const entry of privateUpstreams.filter(isAddressOrBlock)) {
    const [address, bits] = entry.split("/") as [string, string?];
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) blocks.addAddress(address, family);
    else blocks.addSubnet(address, Number(bits), family);
  }
  return {
    admits({ host, address, plain }) {
      const family = isIP(address) === 6 ? "ipv6" : "ipv4";
      if (hosts.has(host.toLowerCase()) || blocks.check(address, family)) return true;
      if (allowLoopback && isLoopbackHost(bracketed(host)) && loopback.check(address, family)) return true;
      // a public name that resolves to an address inside is an attack; a public address over plain http shows tokens to everybody
      return !plain && isPublicAddress(address);
    },
  };
}

function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

function isAddressOrBlock(entry: string): boolean {
  return isIP(entry.split("/")[0] as string) !== 0;
}
