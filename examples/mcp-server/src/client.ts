import { randomBytes } from "node:crypto";
import {
  Client,
  StreamableHTTPClientTransport,
  UnauthorizedError,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
} from "@modelcontextprotocol/client";
import { listenOnLoopback } from "./loopback.ts";

// A client that knows one URL. Everything else (metadata, registration, tokens, scopes) it finds out.
const server = new URL(process.argv[2] ?? "http://localhost:4000/mcp");
const loopback = await listenOnLoopback();
const state = randomBytes(16).toString("base64url");
let client: StoredOAuthClientInformation | undefined;
let tokens: StoredOAuthTokens | undefined;
let discovered: OAuthDiscoveryState | undefined;
let verifier = "";

// In memory here; a real program keeps all of it, by issuer, where only its user can read it.
const provider: OAuthClientProvider = {
  redirectUrl: loopback.redirectUri,
  clientMetadata: {
    client_name: "Example client",
    redirect_uris: [loopback.redirectUri],
    grant_types: ["authorization_code", "refresh_token"],
    token_endpoint_auth_method: "none",
  },
  state: () => state,
  clientInformation: () => client,
  saveClientInformation: (information) => void (client = information),
  tokens: () => tokens,
  saveTokens: (issued) => void (tokens = issued),
  codeVerifier: () => verifier,
  saveCodeVerifier: (made) => void (verifier = made),
  discoveryState: () => discovered,
  saveDiscoveryState: (found) => void (discovered = found),
  redirectToAuthorization: (url) => void process.stdout.write(`Open this in your browser:\n${url.href}\n`),
};

const mcp = new Client({ name: "example-client", version: "1.0.0" }, { versionNegotiation: { mode: "auto" } });
let transport = new StreamableHTTPClientTransport(server, { authProvider: provider });

/** Does the work; when the user has to allow it first, waits for that and does it again. */
async function withConsent<T>(work: () => Promise<T>): Promise<T> {
  const answer = loopback.next();
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
    const parameters = await answer;
    // The SDK checks `iss`; that the answer belongs to our request is ours to check.
    if (parameters.get("state") !== state) throw new Error("The callback is not for this request", { cause: error });
    await transport.finishAuth(parameters);
    return work();
  }
}

async function connect(): Promise<void> {
  transport = new StreamableHTTPClientTransport(server, { authProvider: provider });
  await mcp.connect(transport);
}

async function call(name: string, args: Record<string, unknown> = {}): Promise<void> {
  const { content } = await withConsent(() => mcp.callTool({ name, arguments: args }));
  process.stdout.write(`${name}: ${content.map((part) => (part.type === "text" ? part.text : part.type)).join(" ")}\n`);
}

await withConsent(connect);
process.stdout.write(`Connected; the token allows: ${tokens?.scope ?? ""}\n`);
await call("read_note");
// Needs a scope the token does not have: the server answers 403, the SDK asks for more, and you are asked again.
await call("write_note", { text: "bought milk" });
await call("read_note");
await mcp.close();
loopback.close();
