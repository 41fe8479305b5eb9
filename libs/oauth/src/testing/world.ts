/* oxlint-disable max-lines-per-function, no-restricted-imports -- assembles the real embedded adapters for the tests of these slices */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createHash, randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clientDecider, type ClientMetadata, type ClientRegistered, type ClientSettings } from "@grantline/domain/client";
import { consentDecider } from "@grantline/domain/consent";
import { grantDecider } from "@grantline/domain/grant";
import { keyringDecider } from "@grantline/domain/keyring";
import { loginDecider } from "@grantline/domain/login";
import { resourceDecider, type AccessPolicy, type ScopeDefinition } from "@grantline/domain/resource";
import { subjectDecider } from "@grantline/domain/subject";
import { tokenDecider } from "@grantline/domain/token";
import { createStreamRuntime, type CommandMeta } from "@grantline/event-store";
import { openSqliteEventStore } from "@grantline/event-store-sqlite";
import { createDevUsers } from "@grantline/identity";
import { createKeyringService, openKeyFolder } from "@grantline/keys";
import { openSqliteEphemeralStore } from "@grantline/read-model-sqlite";
import { authorizeEndpoints } from "../authorize/index.ts";
import { createClientDirectory } from "../client-directory/index.ts";
import { consentEndpoints } from "../consent/index.ts";
import { clientStreamId, resourceStreamId, type Lifetimes, type OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import type { Endpoint, HttpRequest, HttpResponse } from "../http/index.ts";
import { createLimits } from "../limits/index.ts";
import { loginEndpoints } from "../login/index.ts";
import { logoutEndpoints } from "../logout/index.ts";
import { errorPage, stylesheetEndpoints } from "../pages/index.ts";
import { parEndpoints } from "../par/index.ts";

const LIFETIMES: Lifetimes = {
  code: 60,
  accessToken: 900,
  refreshIdle: 2_592_000,
  refreshAbsolute: 15_552_000,
  idToken: 900,
  session: 28_800,
  refreshRetryWindow: 30,
  parRequest: 90,
  interaction: 1800,
};

export const META: CommandMeta = { correlationId: "test", actor: { kind: "system", id: "test" } };
export const CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
export const MCP = "https://mcp.example.com/mcp";

export interface World {
  readonly context: OAuthContext;
  readonly time: { now: number };
  readonly counted: { type: string; reason: string }[];
  call(request: Partial<HttpRequest> & { readonly method: string; readonly path: string }): Promise<HttpResponse>;
  registerClient(
    clientId: string,
    metadata?: Partial<ClientMetadata>,
    more?: { readonly how?: ClientRegistered["data"]["how"]; readonly settings?: ClientSettings },
  ): Promise<void>;
  registerResource(uri: string, scopes: readonly ScopeDefinition[], policy?: AccessPolicy): Promise<string>;
  close(): Promise<void>;
}

export const EVERYBODY: AccessPolicy = {
  rules: [{ subjects: { any: true }, entities: ["human", "service", "agent"], verification: ["operator", "cimd", "dcr"], scopes: ["*"] }],
};

/** The person-facing slices over the real embedded adapters, in a temporary folder, with a clock that stands. */
export async function openWorld(overrides: Partial<OAuthContext["settings"]> = {}): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), "grantline-oauth-"));
  mkdirSync(join(dir, "keys"));
  const time = { now: 1_800_000_000 };
  const clock = { now: () => time.now };
  const store = await openSqliteEventStore({ file: join(dir, "events.db") });
  const ephemeral = await openSqliteEphemeralStore({ file: join(dir, "ephemeral.db"), clock });
  const keys = await openKeyFolder({ dir: join(dir, "keys"), kek: { key: randomBytes(32) }, clock });
  const runtime = createStreamRuntime({ store, clock, region: "local", service: "test" });
  const clients = runtime.repository(clientDecider);
  const random = {
    token: (bytes: number) => randomBytes(bytes).toString("base64url"),
    hex: (bytes: number) => randomBytes(bytes).toString("hex"),
  };
  const keyring = createKeyringService({
    vault: keys.vault,
    keyring: runtime.repository(keyringDecider),
    clock,
    region: "local",
    algs: ["ES256"],
    random,
    schedule: { rotation: 7_776_000, publishAhead: 86_400, retireFor: 86_400 },
  });
  await keyring.start();
  const counted: World["counted"] = [];
  const settings: OAuthContext["settings"] = {
    issuer: "http://localhost:8080/oauth",
    origin: "http://localhost:8080",
    basePath: "/oauth",
    region: "local",
    production: false,
    secureCookies: false,
    adminResource: "http://localhost:8080/admin/v1",
    lifetimes: { human: LIFETIMES, service: LIFETIMES, agent: LIFETIMES },
    accessTokenFormat: "jwt",
    dcr: { enabled: true, initialAccessTokens: [], unusedLifetime: 86_400, redirectSchemes: [] },
    cimd: { enabled: true, allowInsecureLoopback: true },
    operators: ["root"],
    ...overrides,
  };
  const context = {
    settings,
    clock,
    store,
    ephemeral,
    clients,
    random,
    signer: keyring.signer,
    grants: runtime.repository(grantDecider),
    resources: runtime.repository(resourceDecider),
    consents: runtime.repository(consentDecider),
    subjects: runtime.repository(subjectDecider),
    logins: runtime.repository(loginDecider),
    tokens: runtime.repository(tokenDecider),
    seals: keys.seals,
    subjectKeys: keys.subjectKeys,
    retryKeys: keys.retryKeys,
    identity: createDevUsers(
      ["demo", "root", "other"].map((username) => ({
        username,
        password: username,
        groups: username === "demo" ? ["staff"] : [],
        claims: { name: username.toUpperCase(), preferred_username: username },
      })),
      "urn:test:people",
    ),
    security: { count: (entry: { type: string; reason: string }) => void counted.push(entry) },
    limits: createLimits({ clock, anonymousWritesPerMinute: 5 }),
    directory: createClientDirectory({ clients, settings, clock }),
  } as unknown as OAuthContext;
  const endpoints: readonly Endpoint[] = [
    authorizeEndpoints,
    loginEndpoints,
    consentEndpoints,
    logoutEndpoints,
    stylesheetEndpoints,
    parEndpoints,
  ].flatMap((slice) => slice(context));
  return {
    context,
    time,
    counted,
    async call(partial) {
      const request: HttpRequest = {
        query: "",
        params: {},
        headers: {},
        body: undefined,
        ip: "192.0.2.1",
        correlationId: "c-1",
        ...partial,
      };
      const endpoint = endpoints.find((each) => each.method === request.method && each.path === request.path);
      if (endpoint === undefined) throw new Error(`no endpoint ${request.method} ${request.path}`);
      try {
        return await endpoint.handle(request);
      } catch (error) {
        if (!(error instanceof OAuthError)) throw error;
        const headers = { "x-reason": error.reason, "x-code": error.code };
        if (endpoint.audience === "program")
          return { status: error.status, headers, body: JSON.stringify({ error: error.code, error_description: error.description }) };
        const page = errorPage({ status: error.status, title: "Sorry", message: error.description, correlationId: request.correlationId });
        return { ...page, headers: { ...page.headers, ...headers } };
      }
    },
    async registerClient(clientId, metadata = {}, more = {}) {
      const full: ClientMetadata = {
        client_name: "Test client",
        redirect_uris: ["https://client.example.com/cb"],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        token_endpoint_auth_method: "none",
        application_type: "web",
        ...metadata,
      };
      const event = {
        clientId,
        how: more.how ?? "admin",
        metadata: full,
        settings: more.settings ?? {},
        documentHash: createHash("sha256").update(JSON.stringify(full)).digest("base64url"),
      } as const;
      await clients.execute(clientStreamId(clientId), { kind: "register", now: time.now, event }, META);
    },
    async registerResource(uri, scopes, policy = EVERYBODY) {
      const resourceId = resourceStreamId(uri);
      await context.resources.execute(
        resourceId,
        {
          kind: "register",
          now: time.now,
          resourceId,
          uri,
          name: `Server at ${new URL(uri).host}`,
          clientId: `rs-${resourceId}`,
          scopes,
          policy,
          tokenPolicy: {},
        },
        META,
      );
      return resourceId;
    },
    async close() {
      await keyring.stop();
      await store.close();
      ephemeral.close();
      keys.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
