import { describeOrigin, scopeChoices } from "../consent-form/index.ts";
import type { ClientView, OAuthContext } from "../context/index.ts";
import { showUserCode, type PendingDevice } from "../device-request/index.ts";
import type { HttpResponse } from "../http/index.ts";
import type { Offer } from "../interaction/index.ts";
import { clean, html, personPage, type Html } from "../pages/index.ts";
import { LOGIN_NAME } from "../person/index.ts";
import type { Session } from "../session/index.ts";

export interface DecisionView {
  readonly pending: PendingDevice;
  readonly client: ClientView;
  readonly session: Session;
  readonly offer: Offer;
  /** Claims of the person, unsealed for this page only. */
  readonly person: Readonly<Record<string, unknown>>;
  readonly sealed: string;
  readonly csrf: string;
  readonly cookies: readonly string[];
  /** The network the person is on. */
  readonly here: string | undefined;
}

/** Who asks, with which code, from where and for what (RFC 8628 §5.4: whoever was sent here by a stranger must be able to see it). */
export function decisionPage(context: Pick<OAuthContext, "settings" | "clock">, view: DecisionView): HttpResponse {
  const { client, offer, sealed, csrf } = view;
  const { basePath } = context.settings;
  return personPage({
    status: 200,
    title: "Let this device in?",
    basePath,
    cookies: view.cookies,
    body: html`<p><strong id="consent-client">${nameOf(client)}</strong> on another device asks for access on your behalf.</p>
      ${facts(context, view)} ${warning(view)}
      <form id="device-form" method="post" action="${basePath}/device/decision">
        <input type="hidden" name="csrf" value="${csrf}" />
        <input type="hidden" name="device" value="${sealed}" />
        ${scopeChoices(offer)}
        <div class="actions">
          <button class="primary" id="device-allow" type="submit" name="decision" value="allow">Allow</button>
          <button id="device-deny" type="submit" name="decision" value="deny">Deny</button>
        </div>
      </form>`,
    footer: html`<p>
      Logged in as <strong id="consent-person">${personName(view.person)}</strong>. <a href="${basePath}/grants">What you have allowed</a>
    </p>`,
  });
}

function facts(context: Pick<OAuthContext, "clock">, { client, offer, pending }: DecisionView): Html {
  const origin = describeOrigin(client);
  const minutes = Math.max(0, Math.round((context.clock.now() - pending.askedAt) / 60));
  return html`<dl>
    <dt>Code on the device</dt>
    <dd><code id="device-user-code">${showUserCode(pending.userCode)}</code></dd>
    <dt>Asked from</dt>
    <dd id="device-network">
      ${pending.network ?? "an unknown network"}, ${minutes === 0 ? "just now" : minutes === 1 ? "a minute ago" : `${minutes} minutes ago`}
    </dd>
    <dt>Who it is</dt>
    <dd id="consent-origin" data-verified="${origin.verified ? "yes" : "no"}">${origin.text}</dd>
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

function warning({ pending, here }: DecisionView): Html {
  const elsewhere = pending.network !== here;
  return html`<div class="notice warning" id="device-warning">
    <p>
      Allow it only if the device is in front of you and shows this very code. If somebody sent you the code or a link, deny: they want to
      use your account.
    </p>
    ${elsewhere ? html`<p id="device-elsewhere">The device is on another network than you are (${here ?? "unknown"}).</p>` : undefined}
  </div>`;
}

/** Nothing leads anywhere from here: the person goes back to their device. */
export function decidedPage(context: Pick<OAuthContext, "settings">, client: ClientView, allowed: boolean): HttpResponse {
  const name = nameOf(client);
  return personPage({
    status: 200,
    title: allowed ? "Your device is connected" : "Denied",
    basePath: context.settings.basePath,
    body: html`<p id="device-decided" data-decision="${allowed ? "allow" : "deny"}">
      ${allowed ? html`<strong>${name}</strong> has access now. Go back to your device; you can close this page.` : html`<strong>${name}</strong> gets no access. You can close this page.`}
    </p>`,
    footer: html`<p><a href="${context.settings.basePath}/grants">What you have allowed</a></p>`,
  });
}

function nameOf(client: ClientView): string {
  return clean(client.state.metadata.client_name) ?? "An application without a name";
}

function personName(person: DecisionView["person"]): string {
  const name = person[LOGIN_NAME];
  return (typeof name === "string" ? clean(name) : undefined) ?? "yourself";
}
