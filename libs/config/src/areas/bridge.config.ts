import { z } from "zod";
import { choice, duration, flag, list, text, whole } from "../kinds.ts";

const DAY = 86_400;
const httpUrl = z.url({ protocol: /^https?$/ });
const secretName = z.string().regex(/^oauth\/[a-z0-9-]{1,32}\/[a-z0-9-]{1,48}\/[a-z0-9-]{1,32}$/);
const httpsOrigin = z.url({ protocol: /^https$/ }).refine((url) => new URL(url).origin === url, { error: "not an origin" });

/** Microsoft Entra as the bridge's target. */
const entra = z.strictObject({
  tenant: text(z.guid().optional(), {
    env: "GRANTLINE_BRIDGE_ENTRA_TENANT",
    allowed: "the tenant's id, a GUID",
    defaultText: "none",
    doc: "Tenant that clients become applications in. Needed with target entra.",
  }),
  clientId: text(z.guid().optional(), {
    env: "GRANTLINE_BRIDGE_ENTRA_CLIENT_ID",
    allowed: "an application (client) id, a GUID",
    defaultText: "none: DefaultAzureCredential (workload identity, managed identity, AZURE_… variables)",
    doc: "The bridge's own application in that tenant, which manages the others (Application.ReadWrite.OwnedBy).",
  }),
  secretName: text(secretName.optional(), {
    env: "GRANTLINE_BRIDGE_ENTRA_SECRET_NAME",
    allowed: "a name such as oauth/entra/bridge/client-secret",
    defaultText: "none",
    doc: "Where the secret store keeps the secret of the bridge's own application. The secret itself is no setting.",
  }),
  resource: text(z.string().min(1).max(256).optional(), {
    env: "GRANTLINE_BRIDGE_ENTRA_RESOURCE",
    allowed: "an Application ID URI such as api://grantline-mcp",
    defaultText: "none",
    doc: "The API that tokens are for, as it is registered in Entra. Needed with target entra.",
  }),
  resourceAppId: text(z.guid().optional(), {
    env: "GRANTLINE_BRIDGE_ENTRA_RESOURCE_APP_ID",
    allowed: "an application (client) id, a GUID",
    defaultText: "none",
    doc: "Application id of that API. Needed with target entra.",
  }),
  scopes: list(z.string().regex(/^[A-Za-z0-9._:-]{1,120}=[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/), [], {
    env: "GRANTLINE_BRIDGE_ENTRA_SCOPES",
    allowed: "a list of name=id, the id being that of the scope in the API's registration",
    doc: "Scopes of that API that clients may have: `mcp.read=6f1c…`. Needed with target entra.",
  }),
  audience: choice(
    { env: "GRANTLINE_BRIDGE_ENTRA_AUDIENCE", doc: "Who may log in to the applications: people of this tenant, or of any organization." },
    ["AzureADMyOrg", "AzureADMultipleOrgs"],
    "AzureADMyOrg",
  ),
  authority: text(httpsOrigin.default("https://login.microsoftonline.com"), {
    env: "GRANTLINE_BRIDGE_ENTRA_AUTHORITY",
    allowed: "an https origin",
    doc: "Login service; another one in national clouds.",
  }),
  graph: text(httpsOrigin.default("https://graph.microsoft.com"), {
    env: "GRANTLINE_BRIDGE_ENTRA_GRAPH",
    allowed: "an https origin",
    doc: "Microsoft Graph; another one in national clouds.",
  }),
});

/** A server that speaks RFC 7591 as the bridge's target. */
const server = z.strictObject({
  issuer: text(httpUrl.optional(), {
    env: "GRANTLINE_BRIDGE_SERVER_ISSUER",
    allowed: "the issuer's URL, exactly as its metadata has it",
    defaultText: "none",
    doc: "Keycloak realm, Okta authorization server or another one with dynamic registration. Needed with target rfc7591.",
  }),
  secretName: text(secretName.optional(), {
    env: "GRANTLINE_BRIDGE_SERVER_SECRET_NAME",
    allowed: "a name such as oauth/keycloak/bridge/initial-access-token",
    defaultText: "none: its registration is open",
    doc: "Where the secret store keeps the initial access token for that server.",
  }),
  tokenType: choice(
    {
      env: "GRANTLINE_BRIDGE_SERVER_TOKEN_TYPE",
      doc: "How that token is shown. `SSWS`: it is an API token of Okta.",
    },
    ["Bearer", "SSWS"],
    "Bearer",
  ),
  scopes: list(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,120}$/), [], {
    env: "GRANTLINE_BRIDGE_SERVER_SCOPES",
    allowed: "a list of scopes",
    doc: "Scopes of that server that clients may have: each is registered with those it names, or with all of them. Needed with target rfc7591.",
  }),
});

/** The bridge from dynamic registration to other directories. */
export const bridge = z.strictObject({
  target: choice(
    {
      env: "GRANTLINE_BRIDGE_TARGET",
      doc: "`grantline`: dcr-bridge passes registrations on to our own registry, the all-in-one has no bridge. `entra`, `rfc7591`: clients become applications there, behind a facade of ours.",
    },
    ["grantline", "entra", "rfc7591"],
    "grantline",
  ),
  registryUrl: text(httpUrl.optional(), {
    env: "GRANTLINE_BRIDGE_REGISTRY_URL",
    allowed: "the http or https URL of a registration endpoint (RFC 7591)",
    defaultText: "our own: `<issuer>/register`",
    doc: "With target grantline: where dcr-bridge registers the clients it is asked for.",
  }),
  issuer: text(httpUrl.optional(), {
    env: "GRANTLINE_BRIDGE_ISSUER",
    allowed: "an https URL with a path, without query or fragment",
    defaultText: "`/bridge` at the issuer's origin",
    doc: "Issuer of the facade, for the `authorization_servers` of MCP servers whose tokens are the target's.",
  }),
  initialAccessTokens: list(z.string().min(16).max(512), [], {
    env: "GRANTLINE_BRIDGE_INITIAL_ACCESS_TOKENS",
    secret: true,
    allowed: "a list of secrets of 16 to 512 characters",
    doc: "A registration must carry one of them as bearer token, unless the bridge is open.",
  }),
  open: flag(false, {
    env: "GRANTLINE_BRIDGE_OPEN",
    doc: "Lets anybody register, within the limits by address. Every client is an application at the target, and those count against its quota.",
  }),
  maxClients: whole(
    { min: 1, max: 100_000, default: 1_000 },
    {
      env: "GRANTLINE_BRIDGE_MAX_CLIENTS",
      doc: "Once there are so many registrations, only those that carry an initial access token are made.",
    },
  ),
  documentHosts: list(z.string().regex(/^[a-z0-9.-]{1,253}(:\d{1,5})?$/), [], {
    env: "GRANTLINE_BRIDGE_DOCUMENT_HOSTS",
    allowed: "a list of host names",
    defaultText: "none: such clients are not served",
    doc: "Hosts whose client ID metadata documents are clients here, such as claude.ai.",
  }),
  patience: duration(
    { min: 1, max: 60, default: 20 },
    {
      env: "GRANTLINE_BRIDGE_PATIENCE",
      doc: "How long a registration may take before it is given up, answered with 503 and taken back.",
    },
  ),
  unusedLifetime: duration(
    { min: 3_600, max: 400 * DAY, default: 30 * DAY },
    { env: "GRANTLINE_BRIDGE_UNUSED_LIFETIME", doc: "A registration that nobody ever got a token with is removed after this long." },
  ),
  idleLifetime: duration(
    { min: DAY, max: 800 * DAY, default: 120 * DAY },
    { env: "GRANTLINE_BRIDGE_IDLE_LIFETIME", doc: "One that was used is removed after this long without a token." },
  ),
  secretLifetime: duration(
    { min: DAY, max: 720 * DAY, default: 180 * DAY },
    { env: "GRANTLINE_BRIDGE_SECRET_LIFETIME", doc: "How long a secret of an application in Entra is good for." },
  ),
  secretRotateAhead: duration(
    { min: 3_600, max: 90 * DAY, default: 14 * DAY },
    { env: "GRANTLINE_BRIDGE_SECRET_ROTATE_AHEAD", doc: "How long before its end it gets a successor." },
  ),
  secretOverlap: duration(
    { min: 600, max: 30 * DAY, default: DAY },
    { env: "GRANTLINE_BRIDGE_SECRET_OVERLAP", doc: "How long the former secret stays valid beside it." },
  ),
  entra,
  server,
});
