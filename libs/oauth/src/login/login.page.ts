import { csrfToken, type Browser } from "../browser/index.ts";
import type { OAuthContext } from "../context/index.ts";
import type { HttpResponse } from "../http/index.ts";
import { clean, html, personPage } from "../pages/index.ts";
import { redirectChain } from "../redirect-uri/index.ts";
import { loginForm, type LoginPurpose } from "./login.request.ts";

interface LoginView {
  readonly purpose: LoginPurpose;
  readonly browser: Browser;
  readonly failed: boolean;
}

export function loginPage(
  context: Pick<OAuthContext, "settings" | "seals" | "clock">,
  { purpose, browser, failed }: LoginView,
): HttpResponse {
  const authorization = purpose.kind === "authorization" ? purpose : undefined;
  const name = clean(authorization?.client.state.metadata.client_name);
  return personPage({
    status: failed ? 401 : 200,
    title: "Log in",
    basePath: context.settings.basePath,
    // The redirects after this form may end at the client, when consent is remembered.
    formTargets: authorization === undefined ? [] : redirectChain(authorization.interaction.request.redirectUri),
    cookies: browser.cookies,
    body: html` ${purpose.kind === "return" ? html`<p>to go on with what you began.</p>` : authorization === undefined ? html`<p>to see and withdraw what you have allowed applications to do.</p>` : html`<p id="login-reason">to continue to <strong>${name ?? "an application"}</strong>. You decide on the next page what it may do.</p>`}
      ${failed ? html`<div class="notice failure" role="alert" id="login-error"><p>The name or password is not right.</p></div>` : undefined}
      <form id="login-form" method="post" action="${context.settings.basePath}/login">
        <input type="hidden" name="csrf" value="${csrfToken(context, browser.key, loginForm(purpose))}" />
        ${authorization === undefined ? undefined : html`<input type="hidden" name="interaction" value="${authorization.sealed}" />`}
        ${purpose.kind === "return" ? html`<input type="hidden" name="return" value="${purpose.sealed}" />` : undefined}
        <div class="field">
          <label for="username">Name</label
          ><input
            type="text"
            id="username"
            name="username"
            autocomplete="username"
            autocapitalize="none"
            spellcheck="false"
            required
            maxlength="256"
            value="${clean(authorization?.interaction.request.loginHint)}"
            ${described(failed)}
          />
        </div>
        <div class="field">
          <label for="password">Password</label
          ><input
            type="password"
            id="password"
            name="password"
            autocomplete="current-password"
            required
            maxlength="1024"
            ${described(failed)}
          />
        </div>
        <div class="actions"><button class="primary" id="login-submit" type="submit">Log in</button></div>
      </form>`,
  });
}

function described(failed: boolean): ReturnType<typeof html> | undefined {
  return failed ? html` aria-invalid="true" aria-describedby="login-error"` : undefined;
}
