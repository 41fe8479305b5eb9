import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import { UnsecuredJWT } from "jose";
import { type Directory, type DirectoryApplication, redirectsOf } from "./directory.ts";
import type { Asked, Reply } from "./reply.ts";

export interface StandInTenant {
  readonly tenantId: string;
  /** The bridge's own application, which may manage others. */
  readonly bridge: { readonly clientId: string; readonly clientSecret: string };
  /** The API that tokens are for. */
  readonly resource: { readonly uri: string; readonly appId: string; readonly scopes: Readonly<Record<string, string>> };
}

export interface LoginOptions {
  readonly tenant: StandInTenant;
  readonly origin: () => string;
  readonly directory: Directory;
  /** Version of the access tokens, and whom they are said to be for: what the resource's manifest decides. */
  readonly issues: () => { readonly version: 1 | 2; readonly audience: string };
}

interface Granted {
  readonly appId: string;
  readonly redirectUri: string;
  readonly scope: string;
  readonly challenge: string | undefined;
}

class Aadsts extends Error {
  readonly error: string;
  readonly status: number;

  constructor(error: string, number: number, text: string, status = 400) {
    super(`AADSTS${number}: ${text} Trace ID: 0c1d… Timestamp: 2026-11-29 00:00:00Z`);
    this.error = error;
    this.status = status;
  }
}

/** Stands in for login.microsoftonline.com: one tenant, one person who consents to everything, tokens whose signature nobody looks at. */
export function createLogin({ tenant, origin, directory, issues }: LoginOptions) {
  const graphTokens = new Set<string>();
  const codes = new Map<string, Granted>();
  const refreshTokens = new Map<string, Granted>();
  const base = `/${tenant.tenantId}`;

  const discovery = (): unknown => ({
    issuer: `${origin()}${base}/v2.0`,
    token_endpoint: `${origin()}${base}/oauth2/v2.0/token`,
    authorization_endpoint: `${origin()}${base}/oauth2/v2.0/authorize`,
    jwks_uri: `${origin()}${base}/discovery/v2.0/keys`,
    tenant_region_scope: "NA",
    cloud_instance_name: "microsoftonline.com",
  });

  const authorize = (query: URLSearchParams): Reply => {
    const application = applicationOf(query.get("client_id") ?? "");
    const redirectUri = query.get("redirect_uri") ?? "";
    if (platformOf(application, redirectUri) === undefined)
      throw new Aadsts("invalid_request", 50_011, "The redirect URI specified in the request does not match.");
    if (query.has("resource")) throw new Aadsts("invalid_request", 901_002, "The 'resource' request parameter is not supported.");
    const scope = checkScope(query.get("scope") ?? "");
    const code = `1.${randomBytes(32).toString("base64url")}`;
    codes.set(code, { appId: application.appId, redirectUri, scope, challenge: query.get("code_challenge") ?? undefined });
    const back = new URL(redirectUri);
    back.searchParams.set("code", code);
    const state = query.get("state");
    if (state !== null) back.searchParams.set("state", state);
    back.searchParams.set("session_state", "e8f8c0b2");
    return { status: 302, headers: { location: back.href } };
  };

  const token = (form: URLSearchParams): Reply => {
    if (form.get("grant_type") === "client_credentials") return ownToken(form);
    if (form.has("resource")) throw new Aadsts("invalid_request", 901_002, "The 'resource' request parameter is not supported.");
    return form.get("grant_type") === "authorization_code" ? redeem(form) : refresh(form);
  };

  const ownToken = (form: URLSearchParams): Reply => {
    if (form.get("client_id") !== tenant.bridge.clientId)
      throw new Aadsts("unauthorized_client", 700_016, "Application not found in the directory.");
    if (!same(form.get("client_secret") ?? "", tenant.bridge.clientSecret))
      throw new Aadsts("invalid_client", 7_000_215, "Invalid client secret provided.", 401);
    if (form.get("scope") !== `${origin()}/.default`)
      throw new Aadsts("invalid_scope", 70_011, "The provided value for scope is not valid.");
    const value = `graph.${randomBytes(24).toString("base64url")}`;
    graphTokens.add(value);
    return { status: 200, body: { token_type: "Bearer", expires_in: 3_599, ext_expires_in: 3_599, access_token: value } };
  };

  const redeem = (form: URLSearchParams): Reply => {
    const granted = codes.get(form.get("code") ?? "");
    codes.delete(form.get("code") ?? "");
    if (granted === undefined || granted.appId !== form.get("client_id"))
      throw new Aadsts("invalid_grant", 70_008, "The provided authorization code has expired or was already redeemed.");
    if (granted.redirectUri !== form.get("redirect_uri")) throw new Aadsts("invalid_grant", 500_112, "The reply address does not match.");
    const verifier = form.get("code_verifier") ?? "";
    if (granted.challenge !== undefined && hash("sha256", verifier, "base64url") !== granted.challenge)
      throw new Aadsts("invalid_grant", 501_481, "The Code_Verifier does not match the code_challenge.");
    authenticate(granted, form);
    return issue(granted);
  };

  /** Old refresh tokens stay good, as Entra's do. */
  const refresh = (form: URLSearchParams): Reply => {
    const granted = refreshTokens.get(form.get("refresh_token") ?? "");
    if (granted === undefined || granted.appId !== form.get("client_id"))
      throw new Aadsts("invalid_grant", 700_082, "The refresh token has expired due to inactivity.");
    if (!form.has("scope"))
      throw new Aadsts("invalid_request", 90_009, "Application is requesting a token for itself; scope must be given.");
    authenticate(granted, form);
    return issue({ ...granted, scope: checkScope(form.get("scope") ?? "") });
  };

  /** A secret where the code went to a web redirect URI, and none where it went to a native one. */
  const authenticate = ({ appId, redirectUri }: Granted, form: URLSearchParams): void => {
    const application = applicationOf(appId);
    const secret = form.get("client_secret");
    if (platformOf(application, redirectUri) === "publicClient") {
      if (secret !== null)
        throw new Aadsts(
          "invalid_request",
          700_025,
          "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
          401,
        );
      return;
    }
    if (secret === null)
      throw new Aadsts("invalid_client", 7_000_218, "The request body must contain 'client_assertion' or 'client_secret'.", 401);
    const good = application.passwords.some(
      ({ secretText, endDateTime }) => same(secret, secretText) && Date.parse(endDateTime) > Date.now(),
    );
    if (!good) throw new Aadsts("invalid_client", 7_000_215, "Invalid client secret provided.", 401);
  };

  const issue = (granted: Granted): Reply => {
    const { version, audience } = issues();
    const scopes = granted.scope.split(" ");
    const issuer = version === 2 ? `${origin()}${base}/v2.0` : `https://sts.windows.net/${tenant.tenantId}/`;
    const short = scopes.filter((name) => name.startsWith(tenant.resource.uri)).map((name) => name.slice(tenant.resource.uri.length + 1));
    const claims = {
      tid: tenant.tenantId,
      oid: "a-person",
      scp: short.join(" "),
      ver: `${version}.0`,
      ...(version === 2 ? { azp: granted.appId } : { appid: granted.appId }),
    };
    const jwt = new UnsecuredJWT(claims)
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject("a-person")
      .setIssuedAt()
      .setExpirationTime("1h");
    const refreshToken = `1.A${randomBytes(40).toString("base64url")}`;
    const offline = scopes.includes("offline_access");
    if (offline) refreshTokens.set(refreshToken, granted);
    return {
      status: 200,
      body: {
        token_type: "Bearer",
        scope: scopes.filter((name) => name.startsWith(tenant.resource.uri)).join(" "),
        expires_in: 3_599,
        ext_expires_in: 3_599,
        access_token: jwt.encode(),
        ...(offline ? { refresh_token: refreshToken } : {}),
        id_token: "not-for-the-client",
      },
    };
  };

  const applicationOf = (appId: string): DirectoryApplication => {
    const application = directory.applications().find((each) => each.appId === appId && each.principalId !== undefined);
    if (application === undefined)
      throw new Aadsts("unauthorized_client", 700_016, `Application with identifier '${appId}' was not found in the directory.`);
    return application;
  };

  const checkScope = (scope: string): string => {
    for (const name of scope.split(" ").filter((each) => !["openid", "profile", "email", "offline_access"].includes(each)))
      if (!Object.keys(tenant.resource.scopes).some((known) => name === `${tenant.resource.uri}/${known}`))
        throw new Aadsts("invalid_scope", 70_011, "The provided value for the input parameter 'scope' is not valid.");
    return scope;
  };

  return {
    answer({ method, url, body }: Asked): Reply | undefined {
      try {
        if (method === "GET" && url.pathname === `${base}/v2.0/.well-known/openid-configuration`) return { status: 200, body: discovery() };
        if (method === "GET" && url.pathname === `${base}/oauth2/v2.0/authorize`) return authorize(url.searchParams);
        if (method === "POST" && url.pathname === `${base}/oauth2/v2.0/token`) return token(new URLSearchParams(body));
        return undefined;
      } catch (error) {
        if (!(error instanceof Aadsts)) throw error;
        return {
          status: error.status,
          body: { error: error.error, error_description: error.message, error_codes: [Number(/\d+/.exec(error.message)?.[0])] },
        };
      }
    },
    accepts: (authorization: string | undefined): boolean => graphTokens.has(authorization?.replace(/^Bearer /i, "") ?? ""),
  };
}

/** Of a redirect URI, the platform it is registered for; of loopback ones Entra ignores the port. */
function platformOf({ properties }: DirectoryApplication, redirectUri: string): "web" | "spa" | "publicClient" | undefined {
  const without = (uri: string): string => uri.replace(/^(http:\/\/(?:localhost|127\.0\.0\.1)):\d+/, "$1");
  return (["web", "spa", "publicClient"] as const).find((platform) =>
    redirectsOf(properties, platform).some((uri) => without(uri) === without(redirectUri)),
  );
}

function same(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
