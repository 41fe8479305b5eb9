import { isLoopbackHost } from "../outbound/index.ts";
import { OAuthError } from "../errors/index.ts";

export interface RedirectUriRules {
  /** Private-use schemes (`cursor`, `vscode`) an operator allowed by name, none by default; "any" where an operator names the very URI. */
  readonly redirectSchemes: readonly string[] | "any";
}

const MAX_LENGTH = 1_000;
/** Schemes that run, read or wrap something in the browser: never, whatever the settings say. */
const NEVER = new Set([
  "javascript",
  "data",
  "file",
  "vbscript",
  "blob",
  "about",
  "ftp",
  "ws",
  "wss",
  "mailto",
  "tel",
  "sms",
  "view-source",
  "filesystem",
  "intent",
  "jar",
  "chrome",
  "resource",
]);

/** Refuses a redirect URI nobody should be sent to. Throws OAuthError `invalid_redirect_uri`. */
export function checkRedirectUri(text: string, rules: RedirectUriRules): void {
  // Printable ASCII only: tabs, line ends, backslashes, spaces and look-alike letters are read differently by different parsers.
  if (text.length > MAX_LENGTH || !/^[!-[\]-~]+$/.test(text) || /[<>"`{}|^*]/.test(text))
    throw refused("holds a character or a length that is not allowed");
  if (!URL.canParse(text)) throw refused("is not an absolute URI");
  const url = new URL(text);
  // RFC 6749 §3.1.2: the redirection endpoint must not include a fragment
  if (text.includes("#")) throw refused("has a fragment");
  if (url.username !== "" || url.password !== "") throw refused("has user information");
  const scheme = url.protocol.slice(0, -1);
  if (scheme === "https" || scheme === "http") return checkWebUri(text, url);
  checkPrivateUri(scheme, rules);
}

function checkWebUri(text: string, url: URL): void {
  const host = /^https?:\/\/(\[[0-9a-f:.]+\]|[^/?:[\]]+)(:[0-9]+)?([/?]|$)/i.exec(text)?.[1];
  // One spelling per host: 127.1, 0x7f.1 or a percent-encoded name would match something else than it shows.
  if (host === undefined || host.toLowerCase() !== url.hostname) throw refused("names its host in an unusual way");
  if (/(^|\/)(\.|%2e){1,2}(\/|$)/i.test(text.slice(text.indexOf("//") + 2).split("?")[0] ?? "")) throw refused("has dot segments");
  // OAuth 2.1 §2.3.1 and MCP: https, or http to this very machine
  if (url.protocol === "http:" && !isLoopbackHost(url.hostname)) throw refused("is neither https nor loopback http");
}

function checkPrivateUri(scheme: string, rules: RedirectUriRules): void {
  const allowed = rules.redirectSchemes === "any" || rules.redirectSchemes.includes(scheme);
  if (NEVER.has(scheme) || !allowed) throw refused("has a scheme that is not allowed here");
}

function refused(why: string): OAuthError {
  return new OAuthError("invalid_redirect_uri", "redirect-uri-invalid", `A redirect URI ${why}.`);
}

/** RFC 7591 §2 application_type, for clients that leave it out: native when every redirect stays on the person's machine. */
export function inferApplicationType(redirectUris: readonly string[]): "native" | "web" {
  const local = (uri: string): boolean => !uri.startsWith("https:") || isLoopbackHost(new URL(uri).hostname);
  return redirectUris.length > 0 && redirectUris.every(local) ? "native" : "web";
}
