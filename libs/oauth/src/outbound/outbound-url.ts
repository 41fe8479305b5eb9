import { isIP } from "node:net";
import { isLoopbackHost, isPublicAddress } from "./address.ts";
import type { NamedPlaces } from "./named-places.ts";
import { OutboundError } from "./outbound-error.ts";

export interface OutboundUrlRules {
  /** Development only: http, and any port, on 127.0.0.1, [::1] and localhost. */
  readonly allowInsecureLoopback: boolean;
  /** What an operator named of our own network; nothing unless given. */
  readonly named?: NamedPlaces;
}

/** Parses a URL somebody else gave us and refuses what must never be fetched, before any name is resolved. Throws OutboundError `url-refused`. */
export function checkOutboundUrl(text: string, rules: OutboundUrlRules): URL {
  if (!URL.canParse(text)) throw refused("not a URL");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") throw refused("user information in the URL");
  // After parsing, so that 0x7f.1, 2130706433 and [::ffff:127.0.0.1] show their true face.
  if (isLoopbackHost(url.hostname)) {
    if (rules.allowInsecureLoopback && (url.protocol === "http:" || url.protocol === "https:")) return url;
    throw refused("a loopback host");
  }
  if (rules.named?.host(url.hostname) === true && (url.protocol === "http:" || url.protocol === "https:")) return url;
  if (url.protocol !== "https:") throw refused("not https");
  refusePort(url);
  // a local name may lead into a block that was named: its addresses are what is judged then
  if (rules.named === undefined || isIP(url.hostname) !== 0) refuseHost(url.hostname);
  return url;
}

function refusePort(url: URL): void {
  const port = url.port === "" ? 443 : Number(url.port);
  // Services that are not HTTP sit on the low ports; nobody publishes client metadata there.
  if (port !== 443 && port < 1024) throw refused("an unlikely port");
}

function refuseHost(hostname: string): void {
  const literal = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  if (isIP(literal) !== 0) {
    if (!isPublicAddress(literal)) throw refused("an address that is not public");
    return;
  }
  // Names without a dot, with a trailing dot, or of local zones belong to our own network, whatever a resolver says.
  if (!hostname.includes(".") || hostname.endsWith(".") || /\.(localhost|local|internal|intranet|lan|home|corp|arpa)$/.test(hostname)) {
    throw refused("a local name");
  }
}

function refused(why: string): OutboundError {
  return new OutboundError("url-refused", why);
}
