import { randomBytes, timingSafeEqual } from "node:crypto";

export interface StandInClient {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const SCOPE = "https://vault.azure.net/.default";

/** Stands in for login.microsoftonline.com: metadata of one tenant, and tokens for one client by its secret. */
export function createTokenEndpoint(client: StandInClient, origin: () => string) {
  const tokens = new Set<string>();
  const metadata = (): unknown => ({
    issuer: `${origin()}/${client.tenantId}/v2.0`,
    token_endpoint: `${origin()}/${client.tenantId}/oauth2/v2.0/token`,
    authorization_endpoint: `${origin()}/${client.tenantId}/oauth2/v2.0/authorize`,
    end_session_endpoint: `${origin()}/${client.tenantId}/oauth2/v2.0/logout`,
    jwks_uri: `${origin()}/${client.tenantId}/discovery/v2.0/keys`,
    tenant_region_scope: "NA",
    cloud_instance_name: "microsoftonline.com",
  });
  const issue = (form: URLSearchParams): Reply => {
    if (form.get("grant_type") !== "client_credentials" || form.get("client_id") !== client.clientId)
      return {
        status: 400,
        body: { error: "unauthorized_client", error_description: "AADSTS700016: application not found", error_codes: [700_016] },
      };
    if (!same(form.get("client_secret") ?? "", client.clientSecret))
      return {
        status: 401,
        body: { error: "invalid_client", error_description: "AADSTS7000215: invalid client secret", error_codes: [7_000_215] },
      };
    if (form.get("scope")?.split(" ").includes(SCOPE) !== true)
      return {
        status: 400,
        body: { error: "invalid_scope", error_description: "AADSTS1002012: the scope is not valid", error_codes: [1_002_012] },
      };
    const token = `stand-in.${randomBytes(32).toString("base64url")}`;
    tokens.add(token);
    return { status: 200, body: { token_type: "Bearer", expires_in: 3599, ext_expires_in: 3599, access_token: token } };
  };
  return {
    answer(method: string, path: string, body: string): Reply | undefined {
      if (method === "GET" && path === `/${client.tenantId}/v2.0/.well-known/openid-configuration`)
        return { status: 200, body: metadata() };
      if (method === "POST" && path === `/${client.tenantId}/oauth2/v2.0/token`) return issue(new URLSearchParams(body));
      return undefined;
    },
    accepts: (authorization: string | undefined): boolean => tokens.has(authorization?.replace(/^Bearer /i, "") ?? ""),
    /** As if every token had expired. */
    forget: (): void => tokens.clear(),
    issued: (): readonly string[] => [...tokens],
  };
}

function same(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
