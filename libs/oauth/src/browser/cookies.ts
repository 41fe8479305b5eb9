import type { OAuthSettings } from "../context/index.ts";
import type { HttpRequest } from "../http/index.ts";

type CookieSettings = Pick<OAuthSettings, "secureCookies">;

/** `__Host-` binds a cookie to this host, path / and https; plain http (development) can't have the prefix. */
function cookieName(settings: CookieSettings, name: string): string {
  return settings.secureCookies ? `__Host-${name}` : name;
}

/** A Set-Cookie value. `maxAge` in seconds; absent: until the browser closes. */
export function cookie(settings: CookieSettings, name: string, value: string, maxAge?: number): string {
  const attributes = [
    "Path=/",
    "HttpOnly",
    "SameSite=Lax",
    ...(settings.secureCookies ? ["Secure"] : []),
    ...(maxAge === undefined ? [] : [`Max-Age=${maxAge}`]),
  ];
  return `${cookieName(settings, name)}=${value}; ${attributes.join("; ")}`;
}

export function clearedCookie(settings: CookieSettings, name: string): string {
  return cookie(settings, name, "", 0);
}

/** The first cookie of that name; undefined when there is none. */
export function readCookie(settings: CookieSettings, request: HttpRequest, name: string): string | undefined {
  const header = request.headers["cookie"];
  const text = Array.isArray(header) ? header.join("; ") : (header ?? "");
  const wanted = `${cookieName(settings, name)}=`;
  const found = text.split(";").find((pair) => pair.trimStart().startsWith(wanted));
  const value = found?.trim().slice(wanted.length);
  return value === undefined || value === "" ? undefined : value;
}
