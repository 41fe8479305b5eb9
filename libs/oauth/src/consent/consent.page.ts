import { csrfToken, type Browser } from "../browser/index.ts";
import { describeOrigin, onlyLoopback, scopeChoices } from "../consent-form/index.ts";
import type { ClientView, OAuthContext } from "../context/index.ts";
import type { HttpResponse } from "../http/index.ts";
import { interactionUrl, mayRemember, type Interaction, type Offer } from "../interaction/index.ts";
import { clean, html, personPage, type Html } from "../pages/index.ts";
import { LOGIN_NAME } from "../person/index.ts";
import { redirectChain, redirectHost } from "../redirect-uri/index.ts";
import type { Session } from "../session/index.ts";
import { consentForm } from "./consent.request.ts";

export interface ConsentView {
  readonly interaction: Interaction;
  readonly client: ClientView;
  readonly session: Session;
  readonly offer: Offer;
  /** Claims of the person, unsealed for this page only. */
  readonly person: Readonly<Record<string, unknown>>;
  readonly browser: Browser;
  readonly sealed: string;
}

/** Who asks, where the answer goes, for which resource and what: everything a person needs to decide (MCP authorization, consent rules). */
export function consentPage(context: Pick<OAuthContext, "settings" | "seals" | "clock">, view: ConsentView): HttpResponse {
  const { client, interaction, browser } = view;
  const { basePath } = context.settings;
  return personPage({
    status: 200,
    title: "Allow access?",
    basePath,
    formTargets: redirectChain(interaction.request.redirectUri),
    cookies: browser.cookies,
    body: html` <p><strong id="consent-client">${clientName(client)}</strong> asks for access on your behalf.</p>
      ${facts(view)} ${onlyLoopback(client) ? loopbackWarning() : undefined}
      <form id="consent-form" method="post" action="${basePath}/consent">
        <input type="hidden" name="csrf" value="${csrfToken(context, browser.key, consentForm(interaction.id, view.session))}" />
        <input type="hidden" name="interaction" value="${view.sealed}" />
        ${scopeChoices(view.offer)} ${mayRemember(interaction, client) ? rememberChoice() : undefined}
        <div class="actions">
          <button class="primary" id="consent-allow" type="submit" name="decision" value="allow">Allow</button>
          <button id="consent-deny" type="submit" name="decision" value="deny">Deny</button>
        </div>
      </form>`,
    footer: html`<p>
      Logged in as <strong id="consent-person">${personName(view.person)}</strong>.
      <a id="consent-switch" href="${interactionUrl(context, "login", interaction)}">Use another account</a> ·
      <a href="${basePath}/grants">What you have allowed</a>
    </p>`,
  });
}

function rememberChoice(): Html {
  return html`<div class="choice">
    <input type="checkbox" id="consent-remember" name="remember" value="yes" checked /><label for="consent-remember"
      >Remember this decision</label
    >
  </div>`;
}

function facts({ client, interaction, offer }: ConsentView): Html {
  const origin = describeOrigin(client);
  return html`<dl>
    <dt>Who it is</dt>
    <dd id="consent-origin" data-verified="${origin.verified ? "yes" : "no"}">${origin.text}</dd>
    <dt>Sends you back to</dt>
    <dd><code id="consent-redirect-host">${redirectHost(interaction.request.redirectUri)}</code></dd>
    <dt>Wants to use</dt>
    <dd id="consent-resource">
      ${
        offer.resources.length === 0
          ? "only who you are, at this server"
          : offer.resources.map(({ resource }) => html`<div>${clean(resource.name) ?? "A server"} <code>${resource.uri}</code></div>`)
      }
    </dd>
  </dl>`;
}

// MCP authorization, localhost redirect risks: an extra warning where any program on the machine could be the one that asks
function loopbackWarning(): Html {
  return html`<div class="notice warning" id="consent-localhost-warning">
    <p>
      This application runs on your own computer, and any program there could use its name. Allow it only if you started this yourself, just
      now.
    </p>
  </div>`;
}

function clientName(client: ClientView): string {
  return clean(client.state.metadata.client_name) ?? "An application without a name";
}

function personName(person: ConsentView["person"]): string {
  const name = person[LOGIN_NAME];
  return (typeof name === "string" ? clean(name) : undefined) ?? "yourself";
}
