import { hash } from "node:crypto";
import type { OAuthContext } from "../context/index.ts";
import type { HttpRequest } from "../http/index.ts";
import { cookie, readCookie } from "./cookies.ts";

const NAME = "grantline-browser";
const VALUE = /^[A-Za-z0-9_-]{43}$/;

export interface Browser {
  /** Digest of the cookie: what interactions and form tokens are bound to. */
  readonly key: string;
  /** Set-Cookie values to send when the browser was new. */
  readonly cookies: readonly string[];
}

/** The key of the browser that asks; undefined when it has no cookie of ours. */
export function browserKey(context: Pick<OAuthContext, "settings">, request: HttpRequest): string | undefined {
  const value = readCookie(context.settings, request, NAME);
  return value !== undefined && VALUE.test(value) ? hash("sha256", value, "base64url") : undefined;
}

/** The browser that asks, given a cookie when it has none: what starts here can't be carried on elsewhere. */
export function ensureBrowser(context: Pick<OAuthContext, "settings" | "random">, request: HttpRequest): Browser {
  const key = browserKey(context, request);
  if (key !== undefined) return { key, cookies: [] };
  const value = context.random.token(32);
  return { key: hash("sha256", value, "base64url"), cookies: [cookie(context.settings, NAME, value)] };
}
