import type { HttpResponse } from "../http/index.ts";
import { html, type Html } from "./html.ts";
import { personPage } from "./person-page.ts";

export interface ErrorPageView {
  readonly status: number;
  readonly title: string;
  readonly message: string;
  readonly correlationId: string;
  /** Path of the issuer; default "/oauth". */
  readonly basePath?: string;
  /** What the person can do next. */
  readonly next?: Html;
}

/** A refusal as a person sees it: what happened, what to do, and the id to quote. Nothing of the request is echoed. */
export function errorPage(view: ErrorPageView): HttpResponse {
  return personPage({
    status: view.status,
    title: view.title,
    basePath: view.basePath ?? "/oauth",
    body: html`<div class="notice failure" id="error-message" role="alert"><p>${view.message}</p></div>
      ${view.next}`,
    footer: html`<p>Correlation id: <code id="correlation-id">${view.correlationId}</code></p>`,
  });
}
