import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { UnauthorizedError, type OAuthDiscoveryState } from "@modelcontextprotocol/sdk/client/auth.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { OAuthClientInformationMixed, OAuthTokens } from "@modelcontextprotocol/sdk/shared/auth.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { Person, PersonOptions } from "@grantline/testing";
import type { NotesWorld } from "./notes-world.ts";
import { CLIENT_NAME, preRegister, REDIRECT_URI, type How } from "./registrations.ts";
import { RememberingProvider } from "./remembering-provider.ts";
import { RequestLog } from "./request-log.ts";

type Provider = RememberingProvider<OAuthClientInformationMixed, OAuthTokens, OAuthDiscoveryState>;

/** A program built on `@modelcontextprotocol/sdk` 1.32 and the person at it. */
export class SdkSession {
  readonly log = new RequestLog();
  readonly provider: Provider;
  readonly person: Person;
  readonly #url: URL;
  #client: Client | undefined;
  #transport: StreamableHTTPClientTransport | undefined;

  private constructor(world: NotesWorld, provider: Provider) {
    this.#url = world.mcp.url;
    this.person = world.platform.person();
    this.provider = provider;
  }

  /** Knows nothing but the MCP server's URL and how the client is to be known. */
  static async start(
    world: NotesWorld,
    how: How,
    documentUrl: string,
    grantTypes: string[] = ["authorization_code", "refresh_token"],
  ): Promise<SdkSession> {
    const metadata = {
      client_name: CLIENT_NAME,
      redirect_uris: [REDIRECT_URI],
      grant_types: grantTypes,
      token_endpoint_auth_method: "none",
    };
    if (how === "metadata document") return new SdkSession(world, new RememberingProvider({ metadata, clientMetadataUrl: documentUrl }));
    if (how === "dynamic registration") return new SdkSession(world, new RememberingProvider({ metadata }));
    return new SdkSession(world, new RememberingProvider({ metadata, client: await preRegister(world.platform) }));
  }

  get client(): Client {
    if (this.#client === undefined) throw new Error("not connected");
    return this.#client;
  }

  get clientId(): string {
    return this.provider.storedClient?.client_id ?? "";
  }

  get grantedScopes(): readonly string[] {
    return (this.provider.storedTokens?.scope ?? "").split(" ").sort();
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
    const client = new Client({ name: CLIENT_NAME, version: "1.0.0" });
    this.#transport = transport;
    this.#client = client;
    // The SDK's own types disagree under exactOptionalPropertyTypes (sessionId).
    const before = this.log.to(this.#url.pathname).filter(({ method }) => method === "GET").length;
    if (!(await authorized(() => client.connect(transport as Transport)))) return false;
    // This line of the SDK asks for a notification stream without waiting for it; that request must not meet what a test does next.
    await this.log.answered("GET", this.#url.pathname, before + 1);
    return true;
  }

  /** The browser leg, and the code back into the SDK, which in this line never looks at `iss`. */
  async decide(options: PersonOptions = {}): Promise<URL> {
    if (this.provider.authorizationUrl === undefined) throw new Error("nobody asked for authorization");
    const callback = await this.person.authorize(this.provider.authorizationUrl, options);
    await this.#transport?.finishAuth(callback.searchParams.get("code") ?? "");
    return callback;
  }

  /** The text a tool answers with; "unauthorized" when the SDK wants its user to authorize first. */
  async call(name: string, args: Record<string, unknown> = {}): Promise<string> {
    let text = "unauthorized";
    await authorized(async () => {
      const { content } = await this.client.callTool({ name, arguments: args });
      text = (content as { text: string }[])[0]?.text ?? "";
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
