/* oxlint-disable max-lines-per-function, no-restricted-imports -- assembles the real embedded adapters for the tests of the slices */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clientDecider, type ClientMetadata, type ClientRegistered, type ClientSettings } from "@grantline/domain/client";
import { consentDecider } from "@grantline/domain/consent";
import { deviceDecider } from "@grantline/domain/device";
import { grantDecider } from "@grantline/domain/grant";
import { keyringDecider, type SigningAlg } from "@grantline/domain/keyring";
import { loginDecider } from "@grantline/domain/login";
import { type AccessPolicy, resourceDecider, type ScopeDefinition } from "@grantline/domain/resource";
import { subjectDecider } from "@grantline/domain/subject";
import { tokenDecider } from "@grantline/domain/token";
import { createIssuanceWriter, createStreamRuntime } from "@grantline/event-store";
import { openSqliteEventStore } from "@grantline/event-store-sqlite";
import { createDevUsers } from "@grantline/identity";
import { createKeyringService, openKeyFolder } from "@grantline/keys";
import { openSqliteEphemeralStore } from "@grantline/read-model-sqlite";
import { authorizeEndpoints } from "../authorize/index.ts";
import { createClientDirectory } from "../client-directory/index.ts";
import { consentEndpoints } from "../consent/index.ts";
import { deviceVerificationEndpoints } from "../device-verification/index.ts";
import { type Lifetimes, type OAuthContext, type OAuthSettings, resourceStreamId } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import type { Endpoint, HttpRequest, HttpResponse } from "../http/index.ts";
import { createLimits } from "../limits/index.ts";
import { loginEndpoints } from "../login/index.ts";
import { logoutEndpoints } from "../logout/index.ts";
import { errorPage, stylesheetEndpoints } from "../pages/index.ts";
import { parEndpoints } from "../par/index.ts";
import { aClient, META } from "./given.ts";

export * from "./given.ts";
export * from "./send.ts";

export const ISSUER = "http://as.test/oauth";
/** S256 of a verifier nobody needs: what the visitor's requests carry. */
export const CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
export const MCP = "https://mcp.example.com/mcp";
const START = 1_900_000_000;

const lifetimes: Lifetimes = {
  code: 60,
  accessToken: 900,
  refreshIdle: 86_400,
  refreshAbsolute: 864_000,
  idToken: 300,
  session: 28_800,
  refreshRetryWindow: 30,
  parRequest: 90,
  deviceCode: 600,
  interaction: 1800,
};

export const EVERYBODY: AccessPolicy = {
  rules: [{ subjects: { any: true }, entities: ["human", "service", "agent"], verification: ["operator", "cimd", "dcr"], scopes: ["*"] }],
};

export type World = Awaited<ReturnType<typeof openWorld>>;

export interface WorldOptions {
  readonly settings?: Partial<OAuthSettings>;
  readonly algs?: readonly SigningAlg[];
  readonly fetchJwks?: OAuthContext["fetchJwks"];
  readonly anonymousWritesPerMinute?: number;
}

/** The slices over the real embedded adapters, in a temporary folder. Made: the clock, which stands; the security log, which only counts. */
export async function openWorld(options: WorldOptions = {}) {
  const dir = mkdtempSync(join(tmpdir(), "grantline-oauth-"));
  const clock = { time: START, now: () => clock.time };
  const random = {
    token: (bytes: number) => randomBytes(bytes).toString("base64url"),
    hex: (bytes: number) => randomBytes(bytes).toString("hex"),
  };
  const region = "eu1";
  const store = await openSqliteEventStore({ file: join(dir, "events.db") });
  const ephemeral = await openSqliteEphemeralStore({ file: join(dir, "ephemeral.db"), clock });
  const keys = await openKeyFolder({ dir, kek: { key: randomBytes(32) }, clock });
  const runtime = createStreamRuntime({ store, clock, region, service: "test" });
  const keyring = createKeyringService({
    vault: keys.vault,
    keyring: runtime.repository(keyringDecider),
    clock,
    region,
    algs: options.algs ?? ["ES256"],
    random,
    schedule: { rotation: 864_000, publishAhead: 86_400, retireFor: 86_400 },
  });
  await keyring.start();
  const issuance = createIssuanceWriter({ store, clock, random, region, service: "test" });
  const settings: OAuthSettings = {
    issuer: ISSUER,
    origin: "http://as.test",
    basePath: "/oauth",
    region,
    production: false,
    secureCookies: false,
    adminResource: "http://as.test/admin/v1",
    lifetimes: { human: lifetimes, service: lifetimes, agent: lifetimes },
    accessTokenFormat: "opaque",
    dcr: { enabled: true, initialAccessTokens: [], unusedLifetime: 86_400, redirectSchemes: [] },
    cimd: { enabled: true, allowInsecureLoopback: true },
    operators: ["root"],
    ...options.settings,
  };
  const repositories = {
    grants: runtime.repository(grantDecider),
    clients: runtime.repository(clientDecider),
    resources: runtime.repository(resourceDecider),
    consents: runtime.repository(consentDecider),
    subjects: runtime.repository(subjectDecider),
    logins: runtime.repository(loginDecider),
    tokens: runtime.repository(tokenDecider),
    devices: runtime.repository(deviceDecider),
  };
  const counted: Parameters<OAuthContext["security"]["count"]>[0][] = [];
  const context: OAuthContext = {
    ...repositories,
    settings,
    clock,
    random,
    store,
    issuance,
    ephemeral,
    signer: keyring.signer,
    retryKeys: keys.retryKeys,
    seals: keys.seals,
    subjectKeys: keys.subjectKeys,
    identity: createDevUsers(
      ["demo", "root", "other"].map((username) => ({
        username,
        password: username,
        groups: username === "demo" ? ["staff"] : [],
        claims: { name: username.toUpperCase(), preferred_username: username },
      })),
      "urn:test:people",
    ),
    security: { count: (entry) => void counted.push(entry) },
    limits: createLimits({
      clock,
      failuresPerMinute: 5,
      ...(options.anonymousWritesPerMinute === undefined ? {} : { anonymousWritesPerMinute: options.anonymousWritesPerMinute }),
    }),
    flags: { enabled: () => true, evaluate: () => ({ on: true, reason: "everybody" }) },
    directory: createClientDirectory({ clients: repositories.clients, settings, clock }),
    ...(options.fetchJwks === undefined ? {} : { fetchJwks: options.fetchJwks }),
  };
  const close = async (): Promise<void> => {
    await keyring.stop();
    await issuance.close();
    await store.close();
    await ephemeral.close();
    keys.close();
    rmSync(dir, { recursive: true, force: true });
  };
  return { context, clock, store, runtime, keyring, counted, ...personsSide(context), close };
}

/** What a person and their browser meet. */
function personsSide(context: OAuthContext) {
  const endpoints: readonly Endpoint[] = [
    authorizeEndpoints,
    loginEndpoints,
    consentEndpoints,
    deviceVerificationEndpoints,
    logoutEndpoints,
    stylesheetEndpoints,
    parEndpoints,
  ].flatMap((slice) => slice(context));
  return {
    /** Sends a request and renders refusals as the rim does. */
    async call(partial: Partial<HttpRequest> & { readonly method: string; readonly path: string }): Promise<HttpResponse> {
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
    /** Registers a public web client. */
    registerClient: (
      clientId: string,
      metadata: Partial<ClientMetadata> = {},
      more: { readonly how?: ClientRegistered["data"]["how"]; readonly settings?: ClientSettings } = {},
    ): Promise<void> =>
      aClient({ context }, clientId, {
        ...more,
        metadata: {
          client_name: "Test client",
          redirect_uris: ["https://client.example.com/cb"],
          grant_types: ["authorization_code", "refresh_token"],
          application_type: "web",
          ...metadata,
        },
      }),
    async registerResource(uri: string, scopes: readonly ScopeDefinition[], policy: AccessPolicy = EVERYBODY): Promise<string> {
      const resourceId = resourceStreamId(uri);
      const name = `Server at ${new URL(uri).host}`;
      await context.resources.execute(
        resourceId,
        {
          kind: "register",
          now: context.clock.now(),
          resourceId,
          uri,
          name,
          clientId: `rs-${resourceId}`,
          scopes,
          policy,
          tokenPolicy: {},
        },
        META,
      );
      return resourceId;
    },
  };
}
