import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import * as oauth from "oauth4webapi";
import { CommandFailed } from "../failure.ts";
import type { Terminal } from "../terminal.ts";
import { asked, CLIENT, granted, requestOptions, type Server } from "./authorization-server.ts";
import { browserAddress, openBrowser } from "./open-browser.ts";

export interface Wanted {
  readonly resources: readonly string[];
  readonly scope: string;
}

const PATIENCE_MS = 600_000;

/**
 * Authorization code with PKCE over a loopback address (RFC 8252). Without a browser on this machine the address is shown, and the one it ends at can be
 * pasted.
 */
export async function loginByBrowser(
  server: Server,
  wanted: Wanted,
  terminal: Terminal,
  options: { readonly open: boolean },
): Promise<oauth.TokenEndpointResponse> {
  const { issuer, metadata } = server;
  const listener = await listen();
  try {
    const redirectUri = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/callback`;
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const url = await authorizationUrl(metadata, wanted, { redirectUri, state, verifier });
    const arrived = callback(listener, redirectUri, state);
    await sendThere(url, terminal, options.open);
    const answer = await Promise.race([arrived, ...(options.open ? [] : [pasted(terminal, redirectUri)])]);
    // RFC 9207: iss and state are compared before anything in the answer counts
    const parameters = await asked(issuer, async () => oauth.validateAuthResponse(metadata, CLIENT, answer, state));
    return await granted(issuer, async () =>
      oauth.processAuthorizationCodeResponse(
        metadata,
        CLIENT,
        await oauth.authorizationCodeGrantRequest(metadata, CLIENT, oauth.None(), parameters, redirectUri, verifier, {
          ...requestOptions(issuer),
          additionalParameters: { resource: wanted.resources[0] ?? issuer },
        }),
      ),
    );
  } finally {
    listener.closeAllConnections();
    listener.close();
  }
}

async function authorizationUrl(
  metadata: oauth.AuthorizationServer,
  wanted: Wanted,
  of: { readonly redirectUri: string; readonly state: string; readonly verifier: string },
): Promise<string> {
  const url = new URL(browserAddress(metadata.authorization_endpoint ?? ""));
  const parameters = {
    response_type: "code",
    client_id: CLIENT.client_id,
    redirect_uri: of.redirectUri,
    scope: wanted.scope,
    state: of.state,
    code_challenge: await oauth.calculatePKCECodeChallenge(of.verifier),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  for (const resource of wanted.resources) url.searchParams.append("resource", resource);
  return url.href;
}

async function sendThere(url: string, terminal: Terminal, open: boolean): Promise<void> {
  const opened = open && (await (terminal.open ?? openBrowser)(url));
  terminal.error(opened ? `Go on in your browser. If it did not open, go to:\n${url}\n` : `Open this address in a browser:\n${url}\n`);
  if (!open) terminal.error("If that browser is on another machine, paste the address of the page it ends at here:\n");
}

function listen(): Promise<HttpServer> {
  const server = createServer();
  // RFC 8252 §8.3: the loopback address, not a name, and no other interface
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}

/** The address the browser came back to. Other paths, and answers to what we did not ask, are answered and ignored. */
function callback(server: HttpServer, redirectUri: string, state: string): Promise<URL> {
  return new Promise((resolve, reject) => {
    const patience = setTimeout(() => reject(new CommandFailed("nobody came back from the browser in ten minutes", 1)), PATIENCE_MS);
    patience.unref();
    server.on("request", (request, response) => {
      // what stands there need be no path: `//` is no URL with any base
      const url = URL.parse(request.url ?? "/", redirectUri);
      const answer = callbackAnswer(request.method, url, state);
      response.writeHead(answer.status, {
        "content-type": "text/plain; charset=utf-8",
        "cache-control": "no-store",
        connection: "close",
      });
      response.end(answer.text);
      if (url !== null && answer.status === 200) resolve(url);
    });
  });
}

function callbackAnswer(method: string | undefined, url: URL | null, state: string): { readonly status: number; readonly text: string } {
  if (method !== "GET" || url?.pathname !== "/callback") return { status: 404, text: "Nothing here.\n" };
  // RFC 8252 §8.9: any page and program of this machine can come here; without our state it must not end the login
  if (url.searchParams.get("state") !== state) return { status: 400, text: "This is no answer to the login that waits here.\n" };
  return { status: 200, text: "You can close this page and go back to the command line.\n" };
}

/** The first line that is such an address; what else is typed is answered and ignored. */
async function pasted({ input, error }: Terminal, redirectUri: string): Promise<URL> {
  const lines = input === undefined ? createInterface({ input: process.stdin }) : (await input()).split("\n");
  for await (const line of lines) {
    const text = line.trim();
    if (text === "") continue;
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url !== undefined && `${url.origin}${url.pathname}` === redirectUri) return url;
    error("That is not the address; it begins with http://127.0.0.1 and has /callback in it.\n");
  }
  return new Promise(() => undefined);
}
