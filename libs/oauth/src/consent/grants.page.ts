import type { OAuthContext } from "../context/index.ts";
import type { HttpResponse } from "../http/index.ts";
import { clean, html, personPage, type Html } from "../pages/index.ts";
import type { AllowedScopes } from "./allowed-scopes.ts";

export interface StandingConsent {
  readonly clientId: string;
  readonly name: string | undefined;
  readonly allowed: readonly AllowedScopes[];
}

export interface GrantsView {
  /** Undefined: this server has no listing wired. */
  readonly consents: readonly StandingConsent[] | undefined;
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
  if (consents === undefined)
    return html`<p id="grants-unavailable">This server can't list your decisions here. Ask its operator to withdraw one.</p>`;
  if (consents.length === 0) return html`<p id="grants-empty">You have not allowed any application anything.</p>`;
  return html`<ul class="entries" id="grants-list">
    ${consents.map((consent) => entry(consent, csrf, basePath))}
  </ul>`;
}

function entry({ clientId, name, allowed }: StandingConsent, csrf: string, basePath: string): Html {
  return html`<li class="entry">
    <div>
      <h2>${clean(name) ?? "Application"}</h2>
      <p class="quiet"><code>${clientId}</code></p>
    </div>
    <form method="post" action="${basePath}/grants">
      <input type="hidden" name="csrf" value="${csrf}" />
      <input type="hidden" name="client_id" value="${clientId}" />
      <button class="small" type="submit" aria-label="Withdraw everything from ${clean(name) ?? clientId}">Withdraw</button>
    </form>
    <dl>
      ${allowed.map(
        ({ where, words }) =>
          html`<dt>${where}</dt>
            <dd>${words.map((word) => html`<div>${word}</div>`)}</dd>`,
      )}
    </dl>
  </li>`;
}
