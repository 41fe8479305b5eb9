import { hash } from "node:crypto";
import { clientForPerson, type AuthorizationRequest } from "../authorization-request/index.ts";
import { browserKey } from "../browser/index.ts";
import type { ClientView, OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import type { HttpRequest } from "../http/index.ts";
import { redirectUriMatches } from "../redirect-uri/index.ts";
import { entityOf } from "../resource/index.ts";

/** An authorization request on its way through login and consent. Sealed into the URL, so no instance keeps anything. */
export interface Interaction {
  /** Random; a pushed request's own id when it came by PAR. The grant id derives from it, so both end in one grant at most (P2). */
  readonly id: string;
  readonly request: AuthorizationRequest;
  /** Key of the browser it began in; it goes on nowhere else. */
  readonly browser: string;
  readonly startedAt: number;
  readonly exp: number;
  /** Cookie id of the login session there was at the start: prompt=login asks for another one. */
  readonly formerCookieId?: string;
}

type Begin = Pick<Interaction, "request" | "browser"> & {
  readonly client: ClientView;
  readonly pushedId?: string;
  readonly formerCookieId?: string;
};

export function startInteraction(context: Pick<OAuthContext, "clock" | "random" | "settings">, begin: Begin): Interaction {
  const startedAt = context.clock.now();
  const { interaction } = context.settings.lifetimes[entityOf(begin.client, "")];
  return {
    id: begin.pushedId ?? context.random.hex(32),
    request: begin.request,
    browser: begin.browser,
    startedAt,
    exp: startedAt + interaction,
    ...(begin.formerCookieId === undefined ? {} : { formerCookieId: begin.formerCookieId }),
  };
}

/** The grant an interaction or pushed request ends in. Creating that stream, expected not to exist, consumes it. */
export function grantIdOf(settings: Pick<OAuthContext["settings"], "region">, id: string): string {
  return `${settings.region}${hash("sha256", id, "hex").slice(0, 32)}`;
}

export function sealInteraction(context: Pick<OAuthContext, "seals">, interaction: Interaction): string {
  return context.seals.seal("interaction", interaction);
}

export function interactionUrl(
  context: Pick<OAuthContext, "seals" | "settings">,
  page: "login" | "consent",
  interaction: Interaction,
): string {
  return `${context.settings.basePath}/${page}?interaction=${encodeURIComponent(sealInteraction(context, interaction))}`;
}

/**
 * Opens an interaction for the next step, and looks at its client and redirect URI again: either may have changed since.
 * Throws page errors: interaction-unknown (forged, another browser's), interaction-expired, and what the directory throws.
 */
export async function openInteraction(
  context: Pick<OAuthContext, "seals" | "clock" | "settings" | "directory">,
  request: HttpRequest,
  sealed: string | undefined,
): Promise<{ readonly interaction: Interaction; readonly client: ClientView }> {
  const interaction = sealed === undefined ? undefined : context.seals.open<Interaction>("interaction", sealed);
  if (interaction === undefined) throw unknown();
  if (interaction.exp <= context.clock.now()) {
    throw new OAuthError(
      "invalid_request",
      "interaction-expired",
      "You took longer than this sign-in may last. Go back to the application and start again.",
    );
  }
  // Whoever carries the link to another browser gets nowhere: no login there ends up in a client here.
  if (browserKey(context, request) !== interaction.browser) throw unknown();
  const client = await clientForPerson(context, interaction.request.clientId);
  const registered = client.state.metadata.redirect_uris;
  if (!registered.some((uri) => redirectUriMatches(uri, interaction.request.redirectUri))) {
    throw new OAuthError(
      "invalid_request",
      "redirect-uri-unregistered",
      "The application has changed its registration. Go back to it and start again.",
    );
  }
  return { interaction, client };
}

function unknown(): OAuthError {
  return new OAuthError(
    "invalid_request",
    "interaction-unknown",
    "This sign-in was not started in this browser. Go back to the application and start again.",
  );
}
