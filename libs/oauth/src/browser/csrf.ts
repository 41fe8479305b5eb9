import type { OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import type { HttpRequest } from "../http/index.ts";
import { browserKey } from "./browser.ts";

interface CsrfToken {
  readonly browser: string;
  readonly form: string;
  readonly exp: number;
}

const LIFETIME = 3600;

/** A hidden form value bound to the browser and to one form (`form`: its name and what it is about). */
export function csrfToken(context: Pick<OAuthContext, "seals" | "clock">, browser: string, form: string): string {
  const token: CsrfToken = { browser, form, exp: context.clock.now() + LIFETIME };
  return context.seals.seal("csrf", token);
}

/** Refuses (403, csrf-mismatch) a form post that did not come from our own page in this browser. */
export function requireCsrf(
  context: Pick<OAuthContext, "seals" | "clock" | "settings">,
  request: HttpRequest,
  token: string | undefined,
  form: string,
): void {
  requireSameSite(context, request);
  const opened = token === undefined ? undefined : context.seals.open<CsrfToken>("csrf", token);
  const browser = browserKey(context, request);
  if (
    opened === undefined ||
    browser === undefined ||
    opened.browser !== browser ||
    opened.form !== form ||
    opened.exp <= context.clock.now()
  )
    throw mismatch();
}

/** What the browser itself says about where the post came from. */
export function requireSameSite(context: Pick<OAuthContext, "settings">, request: HttpRequest): void {
  const site = request.headers["sec-fetch-site"];
  // Fetch metadata can't be forged by a page; where it is sent it decides.
  if (site !== undefined) {
    if (site !== "same-origin") throw mismatch();
    return;
  }
  const origin = request.headers["origin"];
  // Our own pages send `null` because of their Referrer-Policy: then the sealed token decides alone.
  if (origin !== undefined && origin !== "null" && origin !== context.settings.origin) throw mismatch();
}

function mismatch(): OAuthError {
  return new OAuthError(
    "access_denied",
    "csrf-mismatch",
    "This form was not sent from our own page. Go back, reload the page and try again.",
    { status: 403 },
  );
}
