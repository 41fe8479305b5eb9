import { hash } from "node:crypto";
import { page, type HttpResponse } from "../http/index.ts";
import { html, scriptElement, type Html } from "./html.ts";
import { stylesheetPath } from "./stylesheet.endpoint.ts";

export interface PersonPage {
  readonly status: number;
  readonly title: string;
  readonly body: Html;
  /** Path of the issuer, where the stylesheet is. */
  readonly basePath: string;
  /** Small print under the card. */
  readonly footer?: Html;
  /** Further CSP `form-action` sources: Chromium applies it to the redirects that follow a form post too. */
  readonly formTargets?: readonly string[];
  readonly cookies?: readonly string[];
  /** The page's one script, allowed by its hash; the page must work without, and nothing of a request may be in it. */
  readonly script?: string;
}

/** A whole page for a person: no script but one of our own by hash, one stylesheet, not to be framed, cached or referred from. */
export function personPage(view: PersonPage): HttpResponse {
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${view.title} · Grantline</title>
        <link rel="stylesheet" href="${stylesheetPath(view.basePath)}" />
      </head>
      <body>
        <header>Grantline</header>
        <main>
          <h1>${view.title}</h1>
          ${view.body}
        </main>
        ${view.footer === undefined ? undefined : html`<footer>${view.footer}</footer>`}
        ${view.script === undefined ? undefined : scriptElement(view.script)}
      </body>
    </html> `;
  return page(view.status, document.markup, {
    "content-security-policy": contentPolicy(view),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    // RFC 9700 §4.16: no framing of pages that ask for a decision
    "x-frame-options": "DENY",
    ...(view.cookies === undefined || view.cookies.length === 0 ? {} : { "set-cookie": view.cookies }),
  });
}

function contentPolicy({ formTargets = [], script }: PersonPage): string {
  const forms = ["'self'", ...formTargets].join(" ");
  const scripts = script === undefined ? "" : ` script-src 'sha256-${hash("sha256", script, "base64")}';`;
  return `default-src 'none';${scripts} style-src 'self'; img-src 'self'; form-action ${forms}; frame-ancestors 'none'; base-uri 'none'`;
}
