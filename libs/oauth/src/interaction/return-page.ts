import type { ClientView, OAuthContext } from "../context/index.ts";
import type { HttpResponse } from "../http/index.ts";
import { clean, html, personPage, type Html } from "../pages/index.ts";
import { redirectChain, redirectHost, withParameters } from "../redirect-uri/index.ts";
import type { AnswerParameters, AnswerTarget } from "./answer.ts";
import { answerFields } from "./form-post.page.ts";

/** Shown instead of an answer nobody asked for: the person decides whether to go to the client's address. */
export function returnPage(
  context: Pick<OAuthContext, "settings">,
  client: ClientView,
  target: AnswerTarget,
  parameters: AnswerParameters,
): HttpResponse {
  const name = clean(client.state.metadata.client_name) ?? "The application";
  const { redirectUri } = target;
  const posted = target.responseMode === "form_post";
  return personPage({
    status: 400,
    title: "The application sent a request that can't be granted",
    basePath: context.settings.basePath,
    ...(posted ? { formTargets: redirectChain(redirectUri) } : {}),
    body: html`<div class="notice failure" id="error-message" role="alert"><p>${parameters["error_description"]}</p></div>
      <p>${name} asked to be told at <strong id="return-host">${redirectHost(redirectUri)}</strong>. Go there only if you know it.</p>
      ${posted ? byForm(redirectUri, parameters) : byLink(withParameters(redirectUri, parameters))}`,
  });
}

function byLink(location: string): Html {
  return html`<div class="actions">
    <a class="button" id="return-to-client" rel="noreferrer" href="${location}">Return to the application</a>
  </div>`;
}

function byForm(redirectUri: string, parameters: AnswerParameters): Html {
  return html`<form method="post" action="${redirectUri}">
    ${answerFields(parameters)}
    <div class="actions"><button id="return-to-client" type="submit">Return to the application</button></div>
  </form>`;
}
