import type { ClientMetadata } from "@grantline/domain/client";
import { OAuthError } from "@grantline/oauth/errors";
import { isLoopbackRedirect } from "@grantline/oauth/redirect-uri";
import { registeredScopes } from "../registered-scopes.ts";
import { shownName } from "../shown-name.ts";

/** The API that tokens are for, as the operator registered it in Entra. */
export interface EntraResource {
  /** Application ID URI: `api://grantline-mcp`. */
  readonly uri: string;
  /** Its application (client) id. */
  readonly appId: string;
  /** Scope name → id of its oauth2PermissionScope. */
  readonly scopes: Readonly<Record<string, string>>;
}

export interface EntraApplicationRules {
  readonly resource: EntraResource;
  readonly signInAudience: "AzureADMyOrg" | "AzureADMultipleOrgs";
  /** Marks every application of this installation. */
  readonly installation: string;
}

export const MARK = "grantline-bridge";
const LONGEST_REDIRECT = 256;

export type Platform = "web" | "publicClient";

/**
 * Entra's platform of a redirect URI. `web` redeems codes with a secret, which the bridge attaches; `publicClient` without one. Nothing is `spa`: such
 * codes can only be redeemed by a browser itself, and their refresh tokens last a day.
 */
export function platformOf(redirectUri: string): Platform {
  return isLoopbackRedirect(redirectUri) || !redirectUri.startsWith("https:") ? "publicClient" : "web";
}

/** What Entra would refuse is refused here, as RFC 7591 §3.2.2 wants it, before anything is begun. */
export function checkRedirects(redirectUris: readonly string[]): void {
  for (const uri of redirectUris) {
    if (uri.length > LONGEST_REDIRECT) throw refused(`is longer than ${LONGEST_REDIRECT} characters`);
    if (/[!$'(),;*]/.test(uri)) throw refused("has one of the characters ! $ ' ( ) , ; * that Microsoft Entra does not take");
    if (uri.startsWith("http://[")) throw refused("uses [::1], which Microsoft Entra does not support; use http://localhost");
  }
}

function refused(why: string): OAuthError {
  return new OAuthError("invalid_redirect_uri", "redirect-uri-invalid", `A redirect URI ${why.replaceAll(/["\\]/g, "")}.`);
}

export interface ApplicationOf {
  readonly bridgeId: string;
  readonly life: number;
  readonly metadata: ClientMetadata;
}

/** The alternate key of Graph's upsert: the same for every try of one registration, and for no other. */
export function uniqueNameOf(
  { installation }: Pick<EntraApplicationRules, "installation">,
  { bridgeId, life }: Pick<ApplicationOf, "bridgeId" | "life">,
): string {
  return `${MARK}-${installation}-${bridgeId}-${life}`;
}

/** Body for Graph. Everything the bridge rules is said each time, so that an update leaves nothing of before. */
export function applicationBody(rules: EntraApplicationRules, of: ApplicationOf): Readonly<Record<string, unknown>> {
  const { metadata } = of;
  const on = (platform: Platform) => ({ redirectUris: metadata.redirect_uris.filter((uri) => platformOf(uri) === platform) });
  return {
    displayName: shownName(metadata),
    signInAudience: rules.signInAudience,
    web: { ...on("web"), implicitGrantSettings: { enableAccessTokenIssuance: false, enableIdTokenIssuance: false } },
    publicClient: on("publicClient"),
    spa: { redirectUris: [] },
    // device code and password grants need this; the bridge offers neither
    isFallbackPublicClient: false,
    api: { requestedAccessTokenVersion: 2 },
    requiredResourceAccess: [
      {
        resourceAppId: rules.resource.appId,
        resourceAccess: registeredScopes(Object.keys(rules.resource.scopes), metadata).map((name) => ({
          id: rules.resource.scopes[name],
          type: "Scope",
        })),
      },
    ],
    tags: [MARK, `${MARK}-${rules.installation}`],
    notes: `Registered by the Grantline bridge as ${of.bridgeId}. It is updated and removed by the bridge.`,
  };
}
