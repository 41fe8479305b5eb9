import type { OAuthContext } from "../context/index.ts";
import { showUserCode } from "../device-request/index.ts";
import type { HttpResponse } from "../http/index.ts";
import { html, personPage } from "../pages/index.ts";

export interface UserCodeView {
  readonly csrf: string;
  readonly userCode: string | undefined;
  readonly failed: boolean;
  readonly cookies: readonly string[];
}

/** Asks for the code; the same answer for one that is wrong, over, or used. */
export function userCodePage(context: Pick<OAuthContext, "settings">, { csrf, userCode, failed, cookies }: UserCodeView): HttpResponse {
  const filledIn = userCode !== undefined && !failed;
  return personPage({
    status: failed ? 400 : 200,
    title: "Connect a device",
    basePath: context.settings.basePath,
    cookies,
    body: html`<p>
        ${filledIn ? "Is this the code that your device shows? Go on only if you started this yourself, just now." : "Type the code that your device shows."}
      </p>
      ${failed ? html`<div class="notice failure" role="alert" id="device-error"><p>No device waits with this code. It may be mistyped, too old, or used already: your device can show a new one.</p></div>` : undefined}
      <form id="device-code-form" method="post" action="${context.settings.basePath}/device">
        <input type="hidden" name="csrf" value="${csrf}" />
        <div class="field">
          <label for="user-code">Code</label
          ><input
            type="text"
            id="user-code"
            name="user_code"
            autocomplete="off"
            autocapitalize="characters"
            spellcheck="false"
            required
            maxlength="32"
            placeholder="XXXX-XXXX"
            value="${filledIn ? showUserCode(userCode) : undefined}"
          />
        </div>
        <div class="actions"><button class="primary" id="device-code-submit" type="submit">Continue</button></div>
      </form>`,
  });
}
