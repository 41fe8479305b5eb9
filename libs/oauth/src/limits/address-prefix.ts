import ipaddr from "ipaddr.js";

const PLAIN_IPV4 = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/;

/**
 * The part of an address that one party holds: all of an IPv4 address, the /64 of an IPv6 one (anybody with a line has 2^64 of those).
 * Undefined when it is no address.
 */
export function addressPrefix(address: string): string | undefined {
  const text = address.trim();
  // Nearly every key there is; parsing would give the same text.
  if (PLAIN_IPV4.test(text)) return text;
  if (!ipaddr.isValid(text)) return undefined;
  // An IPv4 address written as IPv6 is the same party.
  const parsed = ipaddr.process(text);
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  return `${parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(":")}::/64`;
}

/** Addresses by their prefix; other keys without regard to case, width and surrounding space, so that no variant gets a budget of its own. */
export function limitKey(key: string): string {
  return addressPrefix(key) ?? key.normalize("NFKC").trim().toLowerCase();
}
