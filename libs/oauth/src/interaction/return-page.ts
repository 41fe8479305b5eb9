import type { ClientView, OAuthContext } from "../context/index.ts";
import type { HttpResponse } from "../http/index.ts";
import { clean, html, personPage } from "../pages/index.ts";
import { redirectHost } from "../redirect-uri/index.ts";

/** Shown instead of a redirect nobody asked for: the person decides whether to go to the client's address. */
export function returnPage(
  context: Pick<OAuthContext, "settings">,
  client: ClientView,
  location: string,
  description: string,
): HttpResponse {
  const name = clean(client.state.metadata.client_name) ?? "The application";
  return personPage({
    status: 400,
    title: "The application sent a request that can't be granted",
    basePath: context.settings.basePath,
    body: html`<div class="notice failure" id="error-message" role="alert"><p>${description}</p></div>
      <p>${name} asked to be told at <strong id="return-host">${redirectHost(location)}</strong>. Go there only if you know it.</p>
      <div class="actions"><a class="button" id="return-to-client" rel="noreferrer" href="${location}">Return to the application</a></div>`,
  });
}
