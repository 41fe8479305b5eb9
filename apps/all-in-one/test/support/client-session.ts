import {
  Client,
  StreamableHTTPClientTransport,
  UnauthorizedError,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
} from "@modelcontextprotocol/client";
import type { Person, PersonOptions } from "@grantline/testing";
import { CLIENT_NAME, preRegister, REDIRECT_URI, type Administered, type How } from "./registrations.ts";
import { RememberingProvider } from "./remembering-provider.ts";
import { RequestLog } from "./request-log.ts";

type Provider = RememberingProvider<StoredOAuthClientInformation, StoredOAuthTokens, OAuthDiscoveryState>;

/** A protected MCP server and the authorization server it names, in whichever shape that runs. */
export interface SessionWorld {
  readonly platform: Administered & { person(): Person };
  readonly mcp: { readonly url: URL };
}

/** A program built on `@modelcontextprotocol/client` 2.4 and the person at it. */
export class ClientSession {
  readonly log = new RequestLog();
  readonly provider: Provider;
  readonly person: Person;
  readonly #url: URL;
  readonly #mode: "auto" | "legacy";
  #client: Client | undefined;
  #transport: StreamableHTTPClientTransport | undefined;

  constructor(world: SessionWorld, provider: Provider, mode: "auto" | "legacy" = "auto") {
    this.#url = world.mcp.url;
    this.person = world.platform.person();
    this.provider = provider;
    this.#mode = mode;
  }

  /** Knows nothing but the MCP server's URL and how the client is to be known. */
  static async start(world: SessionWorld, how: How, documentUrl: string): Promise<ClientSession> {
    return new ClientSession(world, await providerFor(world.platform, how, documentUrl));
  }

  get client(): Client {
    if (this.#client === undefined) throw new Error("not connected");
    return this.#client;
  }

  get clientId(): string {
    return this.provider.storedClient?.client_id ?? "";
  }

  get accessToken(): string {
    return this.provider.storedTokens?.access_token ?? "";
  }

  get grantedScopes(): readonly string[] {
    return (this.provider.storedTokens?.scope ?? "").split(" ").sort();
  }

  /** What the authorization request of the moment asks for. */
  get askedScopes(): readonly string[] {
    return (this.provider.authorizationUrl?.searchParams.get("scope") ?? "").split(" ").sort();
  }

  /** Connects; logs in and allows when the SDK sends its user away. */
  async connect(): Promise<void> {
    if (await this.connectsAtOnce()) return;
    await this.decide();
    if (!(await this.connectsAtOnce())) throw new Error("still unauthorized after authorization");
  }

  /** False when the SDK wants its user to authorize first. */
  async connectsAtOnce(): Promise<boolean> {
    const transport = new StreamableHTTPClientTransport(this.#url, { authProvider: this.provider, fetch: this.log.fetch });
    const client = new Client({ name: CLIENT_NAME, version: "1.0.0" }, { versionNegotiation: { mode: this.#mode } });
    this.#transport = transport;
    this.#client = client;
    if (!(await authorized(() => client.connect(transport)))) return false;
    // The older protocol asks for a notification stream without waiting for it; that request must not meet what a test does next.
    if (this.#mode === "legacy") await this.log.answered("GET", this.#url.pathname, 1);
    return true;
  }

  /** The browser leg, and the callback back into the SDK. */
  async decide(options: PersonOptions = {}): Promise<URL> {
    if (this.provider.authorizationUrl === undefined) throw new Error("nobody asked for authorization");
    const callback = await this.person.authorize(this.provider.authorizationUrl, options);
    await this.#transport?.finishAuth(callback.searchParams);
    return callback;
  }

  /** The text a tool answers with; "unauthorized" when the SDK wants its user to authorize first. */
  async call(name: string, args: Record<string, unknown> = {}): Promise<string> {
    let text = "unauthorized";
    await authorized(async () => {
      const [first] = (await this.client.callTool({ name, arguments: args })).content;
      text = first?.type === "text" ? first.text : "";
    });
    return text;
  }

  async close(): Promise<void> {
    await this.#client?.close();
  }
}

/** `UnauthorizedError` is how the SDK says that its user was sent to the authorization URL. */
async function authorized(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof UnauthorizedError) return false;
    throw error;
  }
}

async function providerFor(platform: Administered, how: How, documentUrl: string): Promise<Provider> {
  const metadata = {
    client_name: CLIENT_NAME,
    redirect_uris: [REDIRECT_URI],
    grant_types: ["authorization_code", "refresh_token"],
    token_endpoint_auth_method: "none",
  };
  if (how === "metadata document") return new RememberingProvider({ metadata, clientMetadataUrl: documentUrl });
  if (how === "dynamic registration") return new RememberingProvider({ metadata });
  return new RememberingProvider({ metadata, client: await preRegister(platform) });
}
