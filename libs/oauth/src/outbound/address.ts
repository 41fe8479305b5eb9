import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

// RFC 4291 §2.4: global unicast space in use is 2000::/3; ipaddr.js calls everything it has no other name for "unicast".
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");

/** May we connect to this address? Global unicast only: no private, loopback, link-local, ULA, v4-mapped, 6to4, NAT64, reserved one. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== "unicast") return false;
  return parsed.kind() === "ipv4" || parsed.match(GLOBAL_IPV6);
}

export function isLoopbackAddress(address: string): boolean {
  return isIP(address) !== 0 && ipaddr.parse(address).range() === "loopback";
}

/** The only three spellings of this machine we take for loopback; everything else that resolves there is an attack. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === "127.0.0.1" || hostname === "[::1]" || hostname === "localhost";
}
