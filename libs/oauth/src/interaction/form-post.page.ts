import type { OAuthContext } from "../context/index.ts";
import type { HttpResponse } from "../http/index.ts";
import { html, personPage, type Html } from "../pages/index.ts";
import { redirectChain, redirectHost } from "../redirect-uri/index.ts";
import type { AnswerParameters } from "./answer.ts";

const SUBMIT = "document.forms[0].submit()";

/** The answer in a form that goes to the client (Form Post Response Mode §2): by itself where scripts run, else by its button. */
export function formPostPage(context: Pick<OAuthContext, "settings">, redirectUri: string, parameters: AnswerParameters): HttpResponse {
  return personPage({
    status: 200,
    title: "Back to the application",
    basePath: context.settings.basePath,
    formTargets: redirectChain(redirectUri),
    script: SUBMIT,
    body: html`<p>You are on your way back to <strong id="return-host">${redirectHost(redirectUri)}</strong>.</p>
      <form id="form-post" method="post" action="${redirectUri}">
        ${answerFields(parameters)}
        <div class="actions"><button class="primary" id="form-post-continue" type="submit">Continue</button></div>
      </form>`,
  });
}

/** The parameters as hidden fields. */
export function answerFields(parameters: AnswerParameters): readonly Html[] {
  return Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [html`<input type="hidden" name="${name}" value="${value}" />`],
  );
}
