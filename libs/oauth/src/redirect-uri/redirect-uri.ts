// Host spelled exactly so: 127.1, 127.0.0.2, 0.0.0.0, LOCALHOST and localhost. are other hosts.
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?::(\d{1,5}))?([/?].*)?$/;

interface Loopback {
  readonly host: string;
  readonly port: string | undefined;
  readonly rest: string;
}

function loopback(uri: string): Loopback | undefined {
  const match = LOOPBACK.exec(uri);
  if (match === null || Number(match[2] ?? "80") > 65_535) return undefined;
  return { host: match[1] ?? "", port: match[2], rest: match[3] ?? "" };
}

/**
 * Is `presented` the registered redirect URI? Nothing is decoded or normalised.
 * Registered URIs were vetted at registration; whatever is equal to one is as good as it.
 */
export function redirectUriMatches(registered: string, presented: string): boolean {
  // RFC 9700 §4.1.3: compare redirect URIs by exact string equality
  if (registered === presented) return true;
  const known = loopback(registered);
  const asked = loopback(presented);
  // RFC 8252 §7.3: a native app gets its port from the system, so of a loopback URI the port alone may differ
  return known !== undefined && asked !== undefined && known.host === asked.host && known.rest === asked.rest;
}

/** Does the URI lead back to the person's own machine? Any program there can listen on it. */
export function isLoopbackRedirect(uri: string): boolean {
  return loopback(uri) !== undefined;
}

/** What a Content-Security-Policy `form-action` must name so that Chromium follows a redirect to the URI after a form post. */
export function redirectOrigin(uri: string): string {
  const url = new URL(uri);
  // CSP host sources have no form for IPv6 literals, and private-use schemes have no origin.
  return url.origin === "null" || url.hostname.startsWith("[") ? url.protocol : url.origin;
}

/** The same for the whole chain: Chromium holds form-action against every redirect after the post, so against the page the client goes on to as well. */
export function redirectChain(uri: string): readonly string[] {
  return [redirectOrigin(uri), "https:", ...(isLoopbackRedirect(uri) ? ["http://localhost:*", "http://127.0.0.1:*"] : [])];
}

/** Where a redirect URI leads, as a person reads it: host and port, or the scheme of an application on the device. */
export function redirectHost(uri: string): string {
  const { protocol, host } = new URL(uri);
  return protocol === "https:" || protocol === "http:" ? host : `${protocol} (an application on this device)`;
}
