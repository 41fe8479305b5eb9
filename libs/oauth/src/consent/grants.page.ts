import type { ConsentSummary, OAuthContext } from "../context/index.ts";
import type { HttpResponse } from "../http/index.ts";
import { clean, html, personPage, type Html } from "../pages/index.ts";

export interface GrantsView {
  /** Undefined: this server has no listing wired. */
  readonly consents: readonly (ConsentSummary & { readonly name: string | undefined })[] | undefined;
  readonly csrf: string;
  readonly cookies: readonly string[];
}

export function grantsPage(context: Pick<OAuthContext, "settings">, view: GrantsView): HttpResponse {
  const { basePath } = context.settings;
  return personPage({
    status: 200,
    title: "What you have allowed",
    basePath,
    cookies: view.cookies,
    body: list(view, basePath),
    footer: html`<p><a href="${basePath}/logout">Log out</a></p>`,
  });
}

function list({ consents, csrf }: GrantsView, basePath: string): Html {
  if (consents === undefined) return html`<p id="grants-unavailable">This server can't list your decisions here. Ask its operator to withdraw one.</p>`;
  if (consents.length === 0) return html`<p id="grants-empty">You have not allowed any application anything.</p>`;
  return html`<ul class="plain" id="grants-list">${consents.map(
    (consent) => html`<li>
<h2>${clean(consent.name) ?? "Application"}</h2>
<p><code>${consent.clientId}</code></p>
<p>${[...new Set(Object.values(consent.scopes).flat())].join(", ")}</p>
<form method="post" action="${basePath}/grants">
<input type="hidden" name="csrf" value="${csrf}">
<input type="hidden" name="client_id" value="${consent.clientId}">
<button type="submit" aria-label="Withdraw everything from ${clean(consent.name) ?? consent.clientId}">Withdraw</button>
</form></li>`,
  )}</ul>`;
}
