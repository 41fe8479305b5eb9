import { consentStreamId, type ClientView, type OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import type { Session } from "../session/index.ts";
import type { Interaction } from "./interaction.ts";
import type { Issue } from "./issue-code.ts";
import { offerFor, type Offer } from "./offer.ts";
import { fullGrant, remembered } from "./remembered.ts";
import { anotherPerson, sessionServes } from "./session-serves.ts";

/** What an interaction needs next: a login, a decision of the person, or nothing more. */
export type Step =
  | { readonly kind: "login" }
  | { readonly kind: "consent"; readonly session: Session; readonly offer: Offer }
  | { readonly kind: "issue"; readonly issue: Issue };

type Parts = Pick<OAuthContext, "consents" | "resources" | "subjects" | "subjectKeys" | "settings">;

/**
 * Decides the next step, the same for every path (login, single sign-on, pushed, prompt=none). Throws OAuthErrors meant for the
 * client: what `offerFor` throws, and with prompt=none `login_required` and `consent_required`.
 */
export async function nextStep(context: Parts, interaction: Interaction, client: ClientView, session: Session | undefined): Promise<Step> {
  const silent = interaction.request.prompt.includes("none");
  if (session === undefined || !sessionServes(interaction, session)) {
    // OpenID Connect Core §3.1.2.6: no page may be shown
    if (silent) throw new OAuthError("login_required", "login-required", "The person is not logged in, and prompt=none forbids asking.");
    // OpenID Connect Core §3.1.2.1: an error when whom the hint names is not who logs in
    if (session !== undefined && anotherPerson(interaction, session))
      throw new OAuthError("login_required", "login-required", "Somebody else logged in than the person of the id_token_hint.");
    return { kind: "login" };
  }
  const offer = await offerFor(context, client, session.subject, interaction.request);
  const stream = consentStreamId(session.subject, client.clientId);
  const consent = await context.consents.load(stream);
  if (!remembered(interaction, client, consent.state, offer)) {
    if (silent)
      throw new OAuthError("consent_required", "consent-required", "The person has not allowed this yet, and prompt=none forbids asking.");
    return { kind: "consent", session, offer };
  }
  const reference = { stream: context.consents.stream(stream), revision: consent.revision };
  const given = { reference, generation: consent.state.generation };
  return { kind: "issue", issue: { interaction, client, session, offer, granted: fullGrant(offer), consent: given } };
}
