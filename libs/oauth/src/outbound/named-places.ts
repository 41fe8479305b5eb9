import { BlockList, isIP } from "node:net";

/** Places of our own network that an operator named: there, and there only, an address need not be public nor a URL https. */
export interface NamedPlaces {
  /** As in a URL: an IPv6 address stands in brackets. */
  host(hostname: string): boolean;
  address(address: string): boolean;
}

/** From host names, addresses and CIDR blocks. A block admits every name that resolves into it. */
export function namedPlaces(entries: readonly string[]): NamedPlaces {
  const hosts = new Set(entries.filter((entry) => !isAddressOrBlock(entry)).map((entry) => entry.toLowerCase()));
  const blocks = new BlockList();
  for (const entry of entries.filter(isAddressOrBlock)) {
    const [address = "", bits] = entry.split("/");
    if (bits === undefined) blocks.addAddress(address, familyOf(address));
    else blocks.addSubnet(address, Number(bits), familyOf(address));
  }
  const address = (text: string): boolean => isIP(text) !== 0 && blocks.check(text, familyOf(text));
  return { address, host: (hostname) => hosts.has(hostname.toLowerCase()) || address(hostname.replace(/^\[(.*)\]$/, "$1")) };
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}

function isAddressOrBlock(entry: string): boolean {
  return isIP(entry.split("/")[0] ?? "") !== 0;
}
