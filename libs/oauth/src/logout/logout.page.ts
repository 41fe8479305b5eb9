import type { OAuthContext } from "../context/index.ts";
import type { HttpResponse } from "../http/index.ts";
import { html, personPage } from "../pages/index.ts";
import { redirectChain } from "../redirect-uri/index.ts";

interface ConfirmView {
  readonly csrf: string;
  readonly cookies: readonly string[];
  /** Parameters of the request, to be sent again with the confirmation and checked again. */
  readonly carried: readonly { readonly name: string; readonly value: string }[];
  readonly returnTo: string | undefined;
}

export function confirmPage(context: Pick<OAuthContext, "settings">, view: ConfirmView): HttpResponse {
  const { basePath } = context.settings;
  return personPage({
    status: 200,
    title: "Log out?",
    basePath,
    cookies: view.cookies,
    formTargets: view.returnTo === undefined ? [] : redirectChain(view.returnTo),
    body: html` <p>Applications you allowed to act only while you are logged in will lose their access.</p>
      <form id="logout-form" method="post" action="${basePath}/logout">
        <input type="hidden" name="csrf" value="${view.csrf}" />
        ${view.carried.map(({ name, value }) => html`<input type="hidden" name="${name}" value="${value}" />`)}
        <div class="actions"><button class="primary" id="logout-confirm" type="submit" name="confirm" value="yes">Log out</button></div>
      </form>`,
  });
}

export function loggedOutPage(
  context: Pick<OAuthContext, "settings">,
  cookies: readonly string[],
  returnTo: string | undefined,
): HttpResponse {
  return personPage({
    status: 200,
    title: "You are logged out",
    basePath: context.settings.basePath,
    cookies,
    body: html`<p id="logged-out">You may close this page.</p>
      ${
        returnTo !== undefined &&
        html`<p>
          The application gave an address to go on to:
          <a id="return-to-client" rel="noreferrer" href="${returnTo}">${new URL(returnTo).host}</a>. Go there only if you know it.
        </p>`
      }`,
  });
}
