import { PLAIN, type ProviderEndpoints, type ProviderTraits } from "./provider.ts";
import type { AuthMethod, ProviderSettings } from "./settings.ts";

type Kind<K extends ProviderSettings["kind"]> = Extract<ProviderSettings, { kind: K }>;

interface BuiltIn {
  readonly endpoints: ProviderEndpoints;
  readonly traits: ProviderTraits;
  readonly authMethod: AuthMethod;
}

/** What is known of a provider that needs no configuration but who we are there. */
export function builtIn(settings: Exclude<ProviderSettings, { kind: "custom" }>): BuiltIn {
  if (settings.kind === "entra") return entra(settings);
  return settings.kind === "google" ? google(settings) : github(settings);
}

/**
 * GitHub. Answers in form encoding unless asked for JSON, and errors with status 200: the client sees to both. No `resource`. An OAuth App's tokens do not
 * end unless it says so; a GitHub App's do after 8 hours, its refresh tokens can be used once, and it has permissions in place of scopes.
 */
function github(settings: Kind<"github" | "github-app" | "google">): BuiltIn {
  const base = `${settings.authority ?? "https://github.com"}/login/oauth`;
  return {
    endpoints: {
      issuer: base,
      authorization: `${base}/authorize`,
      token: `${base}/access_token`,
      revocation: apiOf(settings),
      sendsIssuer: false,
    },
    traits: { ...PLAIN, scopesGoverned: settings.kind !== "github-app", revocation: "github" },
    authMethod: "client_secret_post",
  };
}

/** DELETE …/applications/{client_id}/token; GitHub Enterprise Server has its API below /api/v3. */
function apiOf({ authority, clientId }: Kind<"github" | "github-app" | "google">): string {
  const api = authority === undefined ? "https://api.github.com" : `${authority}/api/v3`;
  return `${api}/applications/${encodeURIComponent(clientId)}/token`;
}

const GOOGLE_ALIASES: Readonly<Record<string, string>> = {
  email: "https://www.googleapis.com/auth/userinfo.email",
  profile: "https://www.googleapis.com/auth/userinfo.profile",
};

/**
 * Google. A refresh token comes with access_type=offline and a consent page only, and lives on when it is used. Scopes are URLs, and their aliases come
 * back as URLs. People may untick some. What other servers were granted is not included: a token
 * is for one server.
 */
function google({ authority }: Kind<"github" | "github-app" | "google">): BuiltIn {
  const [accounts, api] =
    authority === undefined ? ["https://accounts.google.com", "https://oauth2.googleapis.com"] : [authority, authority];
  return {
    endpoints: {
      issuer: accounts,
      authorization: `${accounts}/o/oauth2/v2/auth`,
      token: `${api}/token`,
      revocation: `${api}/revoke`,
      sendsIssuer: false,
    },
    traits: {
      ...PLAIN,
      authorizeParameters: { access_type: "offline", prompt: "consent" },
      canonicalScope: (scope) => GOOGLE_ALIASES[scope] ?? scope,
    },
    authMethod: "client_secret_post",
  };
}

/**
 * Microsoft Entra ID. `resource` ends in AADSTS9010010; refresh tokens want offline_access, are replaced with each use, and the scope has to be named
 * again. For tenants in the plural (common, organizations) the issuer of an answer is the person's own tenant's.
 */
function entra({ authority = "https://login.microsoftonline.com", tenant }: Kind<"entra">): BuiltIn {
  const base = `${authority}/${tenant}`;
  const plural = ["common", "organizations", "consumers"].includes(tenant);
  return {
    endpoints: {
      issuer: `${base}/v2.0`,
      authorization: `${base}/oauth2/v2.0/authorize`,
      token: `${base}/oauth2/v2.0/token`,
      sendsIssuer: false,
    },
    traits: {
      ...PLAIN,
      scopeOnRefresh: true,
      besides: ["offline_access"],
      // api://app/files.read comes back as it was asked, but in whatever case the registration has
      canonicalScope: (scope) => scope.toLowerCase(),
      revocation: "none",
      ...(plural ? { issuerVariant: issuerOfTenant(authority) } : {}),
    },
    authMethod: "client_secret_post",
  };
}

/** The place is of the settings and plain; only its dots mean something to an expression. */
function issuerOfTenant(authority: string): RegExp {
  return new RegExp(`^${authority.replaceAll(/[.\\[\]()*+?^$|{}]/g, String.raw`\$&`)}/[0-9a-f-]{36}/v2\\.0$`);
}
