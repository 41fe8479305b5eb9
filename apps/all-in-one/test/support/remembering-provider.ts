/** What both SDK lines store of a client. */
export interface StoredClient {
  client_id: string;
  client_secret?: string;
  redirect_uris: string[];
}

/** And of its tokens. */
export interface StoredTokens {
  access_token: string;
  token_type: string;
  refresh_token?: string;
  scope?: string;
}

export interface ProviderMetadata {
  client_name: string;
  redirect_uris: string[];
  grant_types?: string[];
  token_endpoint_auth_method?: string;
}

/**
 * What the program around an SDK brings: a memory and a browser it can send its user to. Fits `OAuthClientProvider` of
 * both SDK lines, whose own types for client information, tokens and discovery are the parameters.
 */
export class RememberingProvider<Client extends object, Tokens extends object, Discovery extends object> {
  readonly clientMetadata: ProviderMetadata;
  readonly clientMetadataUrl?: string;
  /** Where the user was sent last. */
  authorizationUrl: URL | undefined;
  /** How often a user was sent away. */
  redirects = 0;
  storedClient: Client | undefined;
  storedTokens: Tokens | undefined;
  readonly invalidated: string[] = [];
  #verifier: string | undefined;
  #discovery: Discovery | undefined;

  constructor(options: { readonly metadata: ProviderMetadata; readonly clientMetadataUrl?: string; readonly client?: Client }) {
    this.clientMetadata = options.metadata;
    this.storedClient = options.client;
    if (options.clientMetadataUrl !== undefined) this.clientMetadataUrl = options.clientMetadataUrl;
  }

  get redirectUrl(): string {
    return this.clientMetadata.redirect_uris[0] ?? "";
  }

  state(): string {
    return "opaque-state";
  }

  clientInformation(): Client | undefined {
    return this.storedClient;
  }

  saveClientInformation(client: Client): void {
    this.storedClient = client;
  }

  tokens(): Tokens | undefined {
    return this.storedTokens;
  }

  saveTokens(tokens: Tokens): void {
    this.storedTokens = tokens;
  }

  redirectToAuthorization(url: URL): void {
    this.redirects++;
    this.authorizationUrl = url;
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  codeVerifier(): string {
    if (this.#verifier === undefined) throw new Error("no code verifier was saved");
    return this.#verifier;
  }

  saveDiscoveryState(state: Discovery): void {
    this.#discovery = state;
  }

  discoveryState(): Discovery | undefined {
    return this.#discovery;
  }

  invalidateCredentials(what: "all" | "client" | "tokens" | "verifier" | "discovery"): void {
    this.invalidated.push(what);
    if (what === "all" || what === "client") this.storedClient = undefined;
    if (what === "all" || what === "tokens") this.storedTokens = undefined;
    if (what === "all" || what === "verifier") this.#verifier = undefined;
    if (what === "all" || what === "discovery") this.#discovery = undefined;
  }
}
