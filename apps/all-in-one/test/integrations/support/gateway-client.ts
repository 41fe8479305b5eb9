import { Client, ProtocolError, SdkHttpError, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { obtainTokens, register, type Person, type TestPlatform } from "@grantline/testing";
import type { Scenario } from "./conformance-suite.ts";

/** MCP authorization, step-up: "no more than a few times". */
const MOST_AUTHORIZATIONS = 3;

interface Call {
  readonly name: string;
  readonly arguments: Record<string, unknown>;
}

interface Given {
  readonly client_id?: string;
  readonly client_secret?: string;
  readonly toolCalls?: readonly Call[];
}

export interface GatewayWorld {
  readonly platform: TestPlatform;
  /** Where the platform looks for secrets of others, by variable of the environment (docs/how-to/secrets.md). */
  readonly secrets: Record<string, string>;
}

/** Puts the server of a scenario behind the gateway and uses it through there, as a person with a stock client does. */
export class GatewayClient {
  readonly #platform: TestPlatform;
  readonly #secrets: Record<string, string>;
  readonly #person: Person;
  readonly #scenario: Scenario;
  readonly #name: string;
  #authorizations = 0;
  #reach: { readonly endpoint: URL; readonly token: string } | undefined;

  constructor({ platform, secrets }: GatewayWorld, scenario: Scenario, name: string) {
    this.#platform = platform;
    this.#secrets = secrets;
    this.#person = platform.person();
    this.#scenario = scenario;
    this.#name = name;
  }

  get #given(): Given {
    return this.#scenario.context;
  }

  async play(): Promise<void> {
    const { mcp_endpoint: resource } = await this.#addServer();
    const { issuer } = this.#platform;
    const client = await register(issuer);
    const { access_token: token } = await obtainTokens(this.#person, { issuer, client, resource });
    this.#reach = { endpoint: new URL(resource), token };
    const protectedServer = this.#scenario.scenario.startsWith("auth/");
    if (protectedServer) await this.#attempt("legacy", (client) => call(client, { name: "connect_account", arguments: {} }));
    await this.#attempt(this.#scenario.revision < "2026-07-28" ? "legacy" : "auto", (client) => this.#use(client));
  }

  async #addServer(): Promise<{ readonly mcp_endpoint: string }> {
    const { client_id, client_secret } = this.#given;
    const variable = `OAUTH__DISCOVERED__${this.#name.toUpperCase().replaceAll("-", "_")}__CLIENT_SECRET`;
    if (client_secret !== undefined) this.#secrets[variable] = client_secret;
    const secret = client_secret === undefined ? {} : { secret_name: `oauth/discovered/${this.#name}/client-secret` };
    return this.#platform.admin.call("POST", "/servers", {
      name: this.#name,
      url: this.#scenario.url,
      authorization: this.#scenario.scenario.startsWith("auth/") ? "oauth" : "none",
      ...(client_id === undefined ? {} : { client: { client_id, ...secret } }),
    });
  }

  /** Does it with a client of its own; when that is told that its user has to allow something first, the user does, and it is done again. */
  async #attempt(mode: "auto" | "legacy", work: (client: Client) => Promise<string>): Promise<void> {
    const told = await this.#told(mode, work);
    const link = /https?:\/\/\S+\/connect\/[\w.-]+/.exec(told)?.[0];
    if (link === undefined) return;
    if (++this.#authorizations > MOST_AUTHORIZATIONS) throw new Error("asked for authorization too often");
    await this.#follow(link);
    if (mode === "auto" || this.#authorizations > 1) await this.#attempt(mode, work);
  }

  /** What came of it in words, be it an answer or an error. */
  async #told(mode: "auto" | "legacy", work: (client: Client) => Promise<string>): Promise<string> {
    const client = new Client(
      { name: "conformance", version: "1.0.0" },
      { capabilities: { elicitation: { form: { applyDefaults: true } } }, versionNegotiation: { mode } },
    );
    client.setRequestHandler("elicitation/create", () => ({ action: "accept", content: {} }));
    try {
      const { endpoint, token } = this.#reach ?? { endpoint: new URL(this.#scenario.url), token: "" };
      await client.connect(new StreamableHTTPClientTransport(endpoint, { requestInit: { headers: { authorization: `Bearer ${token}` } } }));
      return await work(client);
    } catch (error) {
      if (error instanceof ProtocolError) return error.message;
      if (error instanceof SdkHttpError && error.status === 503) return this.#later(mode, work);
      throw error;
    } finally {
      await client.close();
    }
  }

  /** The gateway said "not right now": after a while, once. */
  async #later(mode: "auto" | "legacy", work: (client: Client) => Promise<string>): Promise<string> {
    this.#platform.advance(20);
    return this.#told(mode, work);
  }

  /** Our page, the provider's, and back. */
  async #follow(link: string): Promise<void> {
    const page = await this.#person.open(link);
    const sent = await this.#person.submit(page, "connect-form", { decision: "connect" });
    if (sent.kind === "page") throw new Error(`not sent to the provider: ${sent.status} ${sent.html}`);
    // The suite's authorization servers agree at once
    const answer = await fetch(sent.url, { redirect: "manual" });
    const back = answer.headers.get("location");
    if (back === null) throw new Error(`the provider answered ${answer.status}: ${await answer.text()}`);
    const end = await this.#person.open(back);
    if (end.kind !== "page" || end.status !== 200) throw new Error(`the provider's answer was not taken: ${end.kind}`);
  }

  /** What the suite expects of a client once it is let in: every tool called, or those it names. */
  async #use(client: Client): Promise<string> {
    const { tools } = await client.listTools();
    const schemas = tools.map(({ inputSchema }) => inputSchema);
    const calls = this.#given.toolCalls ?? tools.map(({ name }) => ({ name, arguments: argumentsFor(name, schemas) }));
    const answers: string[] = [];
    for (const each of calls) answers.push(await call(client, each));
    return answers.join("\n");
  }
}

async function call(client: Client, { name, arguments: args }: Call): Promise<string> {
  return JSON.stringify(await client.callTool({ name, arguments: args }));
}

function argumentsFor(tool: string, schemas: readonly object[]): Record<string, unknown> {
  if (tool === "add_numbers") return { a: 5, b: 3 };
  // Wants to see the schema of its neighbour as it arrived here
  return tool === "json_schema_echo" ? { schema: schemas.find((schema) => "$defs" in schema) } : {};
}
