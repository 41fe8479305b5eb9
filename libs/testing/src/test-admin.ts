const MARGIN_MS = 60_000;

/** The admin API as a test uses it: takes a token once (anew before it ends), speaks JSON, throws with the whole answer when it was not a success. */
export class TestAdmin {
  readonly #origin: string;
  readonly #issuer: string;
  readonly #secret: string;
  #token: string | undefined;
  #goodUntilMs = 0;

  constructor(origin: string, issuer: string, secret: string) {
    this.#origin = origin;
    this.#issuer = issuer;
    this.#secret = secret;
  }

  /** An access token of the bootstrap client. */
  async token(): Promise<string> {
    if (this.#token !== undefined && Date.now() < this.#goodUntilMs) return this.#token;
    const response = await fetch(`${this.#issuer}/token`, {
      method: "POST",
      headers: {
        authorization: `Basic ${Buffer.from(`grantline-admin:${this.#secret}`).toString("base64")}`,
        "content-type": "application/x-www-form-urlencoded",
      },
      body: new URLSearchParams({ grant_type: "client_credentials", scope: "grantline:admin" }),
    });
    const answer = (await response.json()) as { access_token?: string; expires_in?: number };
    if (answer.access_token === undefined) throw new Error(`no admin token: ${response.status} ${JSON.stringify(answer)}`);
    this.#token = answer.access_token;
    this.#goodUntilMs = Date.now() + (answer.expires_in ?? 0) * 1_000 - MARGIN_MS;
    return this.#token;
  }

  /** Any call below /admin/v1, answer as it came. */
  async raw(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`${this.#origin}/admin/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await this.token()}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async call<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.raw(method, path, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === "" ? {} : JSON.parse(text)) as T;
  }

  /** Registers an MCP server; its resource-server client comes with it. */
  async resource(
    uri: string,
    scopes: readonly string[],
    more: object = {},
  ): Promise<{ readonly resource_id: string; readonly client_id: string; readonly client_secret: string }> {
    return this.call("POST", "/resources", {
      uri,
      name: "Test resource",
      scopes: scopes.map((name) => ({ name, description: `May ${name}` })),
      ...more,
    });
  }

  /** A confidential client that acts for itself; strangers can't register one. */
  async machine(more: object = {}): Promise<{ readonly client_id: string; readonly client_secret: string }> {
    return this.call("POST", "/clients", {
      client_name: "Test machine",
      grant_types: ["client_credentials"],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: "client_secret_basic",
      ...more,
    });
  }
}
