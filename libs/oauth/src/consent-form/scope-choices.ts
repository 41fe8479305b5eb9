import type { Offer } from "../interaction/index.ts";
import { clean, html, type Html } from "../pages/index.ts";
import { checkboxValue } from "./answer.ts";

/** Identity scopes as a person reads them. */
export const IDENTITY_WORDS: Readonly<Record<string, string>> = {
  openid: "Recognise you, by an identifier made for this server",
  profile: "See your name and profile",
  email: "See your e-mail address",
  offline_access: "Keep this access while you are away, until you withdraw it",
};

/** One checkbox per scope, in plain words, all ticked: unticking narrows. */
export function scopeChoices(offer: Offer): Html {
  const seen = new Map<string, number>();
  const choice = (resourceId: string, scope: string, words: string) => {
    const count = (seen.get(scope) ?? 0) + 1;
    seen.set(scope, count);
    const id = count === 1 ? `scope-${scope}` : `scope-${scope}-${count}`;
    return html`<div class="choice">
      <input type="checkbox" id="${id}" name="scope" value="${checkboxValue(offer, resourceId, scope)}" checked /><label for="${id}"
        >${words}<small>${scope}</small></label
      >
    </div>`;
  };
  const resources = offer.resources.map(({ resource, scopes }) => {
    const words = (scope: string) => clean(resource.scopes.find(({ name }) => name === scope)?.description) ?? scope;
    if (scopes.length === 0) return html`<p>Use <code>${resource.uri}</code>.</p>`;
    return html`<fieldset>
      <legend>At ${clean(resource.name) ?? resource.uri} it may</legend>
      ${scopes.map((scope) => choice(resource.resourceId, scope, words(scope)))}
    </fieldset>`;
  });
  const identity =
    offer.identity.length === 0
      ? undefined
      : html`<fieldset>
          <legend>About you it may</legend>
          ${offer.identity.map((scope) => choice("", scope, IDENTITY_WORDS[scope] ?? scope))}
        </fieldset>`;
  return html`${resources}${identity}`;
}
