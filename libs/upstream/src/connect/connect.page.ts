import { csrfToken, type Browser } from "@grantline/oauth/browser";
import type { HttpResponse } from "@grantline/oauth/http";
import { clean, html, personPage } from "@grantline/oauth/pages";
import { redirectChain } from "@grantline/oauth/redirect-uri";
import type { UpstreamContext } from "../context.ts";
import type { Provider } from "../providers/provider.ts";
import { formOf, type Ticket } from "./ticket.ts";
import type { Visit } from "./visit.ts";

/** Says what is about to happen, and with whom (MCP security best practices, confused deputy). Nobody is sent on before the answer. */
export function connectPage(
  context: UpstreamContext,
  { ticket, server }: Visit<Ticket>,
  provider: Provider,
  { browser, path }: { readonly browser: Browser; readonly path: string },
): HttpResponse {
  const place = server.url === undefined ? "a program at the gateway" : new URL(server.url).host;
  return personPage({
    status: 200,
    title: `Connect ${server.name}`,
    basePath: context.settings.basePath,
    cookies: browser.cookies,
    formTargets: redirectChain(provider.endpoints.authorization),
    body: html`<p>
        You are about to let this gateway act for you at the MCP server <strong id="connect-server">${server.name}</strong>. You decide at
        the provider what it may do, and can end it at any time.
      </p>
      <dl>
        <dt>Server</dt>
        <dd id="connect-place">${place}</dd>
        <dt>You are sent to</dt>
        <dd id="connect-provider">${new URL(provider.endpoints.authorization).host}</dd>
        <dt>Asked for</dt>
        <dd id="connect-scopes">
          ${ticket.scopes.length === 0 ? "what the provider gives without asking" : ticket.scopes.map((scope) => clean(scope) ?? "?").join(", ")}
        </dd>
      </dl>
      <form id="connect-form" method="post" action="${path}">
        <input type="hidden" name="asked" value="${ticket.scopes.join(" ")}" />
        <input type="hidden" name="csrf" value="${csrfToken(context, browser.key, formOf(ticket))}" />
        <div class="actions">
          <button class="primary" id="connect-confirm" type="submit" name="decision" value="connect">Connect</button>
          <button id="connect-cancel" type="submit" name="decision" value="cancel">Cancel</button>
        </div>
      </form>`,
  });
}

export function resultPage(
  context: UpstreamContext,
  server: string,
  outcome: "connected" | "cancelled",
  missing: readonly string[] = [],
): HttpResponse {
  const connected = outcome === "connected";
  return personPage({
    status: 200,
    title: connected ? "Connected" : "Not connected",
    basePath: context.settings.basePath,
    body: html`<p id="connect-result" data-outcome="${outcome}">
        ${connected ? html`The MCP server <strong>${server}</strong> can be used now.` : html`Nothing was changed for <strong>${server}</strong>.`}
        You can close this window and go back to where you came from.
      </p>
      ${missing.length === 0 ? undefined : html`<div class="notice warning"><p>Not granted, so some of it may not work: ${missing.map((scope) => clean(scope) ?? "?").join(", ")}.</p></div>`}`,
  });
}
