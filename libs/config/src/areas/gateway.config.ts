import { z } from "zod";
import { duration, list, text, whole } from "../kinds.ts";
import { setting } from "../setting.ts";

const word = z
  .string()
  .max(32)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, { error: "not words of a-z and 0-9 joined by single dashes" });
const httpUrl = z.url({ protocol: /^https?$/ });

const shared = {
  name: word,
  clientId: z.string().min(1).max(256),
  /** How we authenticate; left out: as the kind wants it. `none` for a public client. */
  authMethod: z.enum(["client_secret_basic", "client_secret_post", "none"]).optional(),
  /** More parameters for the authorization URL. */
  authorizeParameters: z.record(z.string().regex(/^[a-z_]{1,64}$/), z.string().max(512)).optional(),
};

/** `authority`: another place of the same kind: GitHub Enterprise Server, a national cloud. */
const builtIn = { ...shared, authority: httpUrl.optional() };

const provider = z.discriminatedUnion("kind", [
  z.strictObject({ ...builtIn, kind: z.enum(["github", "github-app", "google"]) }),
  z.strictObject({ ...builtIn, kind: z.literal("entra"), tenant: z.string().regex(/^[A-Za-z0-9.-]{1,128}$/) }),
  z.strictObject({
    ...shared,
    kind: z.literal("custom"),
    /** Its metadata is read (RFC 8414, OpenID Connect Discovery); else the endpoints must be here. */
    issuer: httpUrl.optional(),
    authorizationEndpoint: httpUrl.optional(),
    tokenEndpoint: httpUrl.optional(),
    revocationEndpoint: httpUrl.optional(),
    /** Does it take RFC 8707 `resource`? */
    resource: z.enum(["send", "drop"]).default("drop"),
  }),
]);

export const providersSchema = z
  .array(provider)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, { error: "a provider is named twice" })
  .refine((all) => all.every(({ name }) => name !== "discovered"), { error: "discovered is not for you to name" })
  .refine(
    (all) =>
      all.every(
        (one) =>
          one.kind !== "custom" || one.issuer !== undefined || (one.authorizationEndpoint !== undefined && one.tokenEndpoint !== undefined),
      ),
    { error: "a custom provider needs its issuer, or authorizationEndpoint and tokenEndpoint" },
  );

/** Third-party MCP servers, and who gives tokens for them. */
export const gateway = z.strictObject({
  url: text(httpUrl.optional(), {
    env: "GRANTLINE_GATEWAY_URL",
    allowed: "an https URL without a path",
    defaultText: "the issuer's origin",
    doc: "Where clients reach the gateway: a server called files is at {url}/mcp/files, and that is the audience of its tokens.",
  }),
  providers: setting(providersSchema.prefault([]), {
    env: "GRANTLINE_GATEWAY_PROVIDERS",
    allowed:
      'JSON, in the file the same as a list: [{"name": "github", "kind": "github" | "github-app" | "google", "clientId": …}, {"kind": "entra", "tenant": …, …}, {"kind": "custom", "issuer": … | "authorizationEndpoint": …, "tokenEndpoint": …, "revocationEndpoint": …, "resource": "send" | "drop"}]; each may have authMethod and authorizeParameters, built-in ones an authority',
    fromText: (value) => parsed(value),
    doc: "Who gives tokens for servers behind the gateway. The secret of each client lies in the secret store as `oauth/{name}/app/client-secret`.",
  }),
  browserOrigins: list(z.string().regex(/^(?:\*|https?:\/\/[^/\s]+)$/), [], {
    env: "GRANTLINE_GATEWAY_ORIGINS",
    allowed: "a list of origins such as https://inspector.example, or *",
    doc: "Web pages that may call MCP servers through the gateway, beside its own origin and pages on a loopback host. Others get 403 (DNS rebinding).",
  }),
  privateUpstreams: list(z.string().regex(/^[A-Za-z0-9.:_-]+(?:\/\d{1,3})?$/), [], {
    env: "GRANTLINE_GATEWAY_PRIVATE_UPSTREAMS",
    allowed: "a list of host names, IP addresses and CIDR blocks",
    doc: "Where in our own network MCP servers and the authorization servers of theirs may be, also over plain http. Everything else must be https at public addresses; outside production loopback hosts are allowed as well.",
  }),
  commands: list(z.string().min(1).max(512), [], {
    env: "GRANTLINE_GATEWAY_COMMANDS",
    allowed: "a list of programs as stdio servers name them, such as /usr/local/bin/mcp-files",
    defaultText: "none: no stdio server is started",
    doc: "Programs that stdio servers may be. Who may add servers chooses their arguments, so a general interpreter here lets them run anything.",
  }),
  bridgeHost: text(
    z
      .string()
      .max(255)
      .regex(/^[A-Za-z0-9.-]+$/)
      .default("127.0.0.1"),
    {
      env: "GRANTLINE_GATEWAY_BRIDGE_HOST",
      allowed: "an IPv4 address or host name of this machine",
      doc: "Where an instance listens for the others' requests to the programs it runs. With gateways on several machines: its own address in a network of yours alone, since these requests are plain http.",
    },
  ),
  bodyLimit: whole(
    { min: 1024, max: 64 * 1024 * 1024, default: 4 * 1024 * 1024 },
    { env: "GRANTLINE_GATEWAY_BODY_LIMIT", doc: "Bytes a message of a client may have; more gets 413." },
  ),
  timeout: duration(
    { min: 1, max: 3600, default: 60 },
    {
      env: "GRANTLINE_GATEWAY_TIMEOUT",
      doc: "How long an MCP server may take to begin its answer, where its own policy says nothing.",
    },
  ),
  refreshAhead: duration(
    { min: 30, max: 3600, default: 300 },
    {
      env: "GRANTLINE_GATEWAY_REFRESH_AHEAD",
      doc: "How long before its end an upstream token is refreshed, by whoever uses it next or by rotation-worker.",
    },
  ),
});

/** What is no JSON is handed on, for the schema to refuse. */
function parsed(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return value;
    throw error;
  }
}
