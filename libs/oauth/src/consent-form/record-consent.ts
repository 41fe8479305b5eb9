import type { ConsentedScopes } from "@grantline/domain/consent";
import type { CommandMeta } from "@grantline/event-store";
import { consentStreamId, type OAuthContext } from "../context/index.ts";
import { fullGrant, type GivenConsent, type Offer } from "../interaction/index.ts";
import type { ConsentAnswer } from "./answer.ts";

type Parts = Pick<OAuthContext, "consents" | "clock">;

/**
 * Records what a person allowed, durable before the grant that refers to it. What they unticked now is taken out of an older consent
 * too. Answers the stream and revision the grant rests on.
 */
export async function recordConsent(
  context: Parts,
  of: { readonly subject: string; readonly clientId: string; readonly offer: Offer; readonly answer: ConsentAnswer },
  meta: CommandMeta,
): Promise<GivenConsent> {
  const { subject, clientId, offer, answer } = of;
  const id = consentStreamId(subject, clientId);
  const now = context.clock.now();
  const { state } = await context.consents.load(id, { fresh: true });
  if (state.status === "granted") {
    const scopes = withoutUnticked(state.scopes, offer, answer.granted);
    if (scopes !== undefined) await context.consents.execute(id, { kind: "narrow", now, scopes }, meta);
  }
  const executed = await context.consents.execute(
    id,
    { kind: "grant", now, subject, clientId, scopes: answer.granted, remember: answer.remember },
    meta,
  );
  return { reference: { stream: context.consents.stream(id), revision: executed.revision }, generation: executed.state.generation };
}

/** The older consent without what was offered and left unticked; undefined when that changes nothing. */
function withoutUnticked(known: ConsentedScopes, offer: Offer, granted: ConsentedScopes): ConsentedScopes | undefined {
  const offered = fullGrant(offer);
  const unticked = (resource: string, scope: string) =>
    offered[resource]?.includes(scope) === true && granted[resource]?.includes(scope) !== true;
  const entries = Object.entries(known).map(
    ([resource, scopes]) => [resource, scopes.filter((scope) => !unticked(resource, scope))] as const,
  );
  const changed = entries.some(([resource, scopes]) => scopes.length !== known[resource]?.length);
  return changed ? Object.fromEntries(entries.filter(([, scopes]) => scopes.length > 0)) : undefined;
}
