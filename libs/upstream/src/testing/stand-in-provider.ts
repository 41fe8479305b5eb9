import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Which provider's documented behaviour is stood in for. */
export type StandInKind = "github" | "github-app" | "google" | "entra";

export interface TokenRequest {
  readonly parameters: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage["headers"];
}

/** How it is told to fail. `error`: an OAuth error, in the provider's own manner. */
export type Failing = { readonly status: number; readonly retryAfter?: string } | { readonly error: string } | { readonly html: true };

export interface StandInProvider {
  /** For `authority` in the settings. */
  readonly authority: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Every request to the token endpoint. */
  readonly asked: TokenRequest[];
  /** Parameters of every request to the authorization endpoint. */
  readonly authorizations: Readonly<Record<string, string>>[];
  readonly revoked: string[];
  /** Tokens that are good now. */
  readonly alive: Set<string>;
  /** Seconds access tokens last; undefined: it does not say. */
  lifetime: number | undefined;
  failing: Failing | undefined;
  /** Scopes the person unticks. */
  unticked: readonly string[];
  /** Awaited before a token request is answered. */
  pausing: () => Promise<void>;
  /** The person says no. */
  denies: boolean;
  close(): Promise<void>;
}

interface Granted {
  readonly scope: string;
  readonly challenge: string;
  readonly redirectUri: string;
}

/**
 * A stand-in for GitHub, Google or Entra: answers as their documentation says, on this machine. It says yes for the person at once. What it does not do: pages,
 * accounts, rate limits, signatures.
 */
export async function startStandInProvider(kind: StandInKind): Promise<StandInProvider> {
  const codes = new Map<string, Granted>();
  const refreshes = new Map<string, { readonly scope: string; readonly access: string }>();
  const state: Omit<StandInProvider, "authority" | "close"> = {
    clientId: "app-1",
    clientSecret: "shh-client-secret",
    asked: [],
    authorizations: [],
    revoked: [],
    alive: new Set(),
    lifetime: kind === "github" ? undefined : 3_600,
    failing: undefined,
    unticked: [],
    pausing: () => Promise.resolve(),
    denies: false,
  };
  const provider = state as StandInProvider & { authority: string };
  const random = (prefix: string): string => `${prefix}_${randomBytes(12).toString("hex")}`;
  const github = kind === "github" || kind === "github-app";

  function authorize(url: URL, response: ServerResponse): void {
    const parameters = Object.fromEntries(url.searchParams);
    provider.authorizations.push(parameters);
    const back = new URL(parameters["redirect_uri"] ?? "");
    back.searchParams.set("state", parameters["state"] ?? "");
    // AADSTS9010010 is shown as a page of Entra's; here it comes back, so that a test can see it
    if (kind === "entra" && parameters["resource"] !== undefined) back.searchParams.set("error", "invalid_target");
    else if (provider.denies) back.searchParams.set("error", "access_denied");
    else {
      const code = random("code");
      const scope = (parameters["scope"] ?? "").split(" ").filter((each) => !provider.unticked.includes(each));
      codes.set(code, {
        scope: scope.join(" "),
        challenge: parameters["code_challenge"] ?? "",
        redirectUri: parameters["redirect_uri"] ?? "",
      });
      back.searchParams.set("code", code);
    }
    response.writeHead(302, { location: back.href }).end();
  }

  function grant(parameters: Readonly<Record<string, string>>): Record<string, string | number> | { error: string } {
    if (parameters["client_id"] !== provider.clientId || parameters["client_secret"] !== provider.clientSecret)
      return { error: github ? "incorrect_client_credentials" : "invalid_client" };
    return parameters["grant_type"] === "refresh_token" ? refresh(parameters) : redeem(parameters);
  }

  function redeem({ code = "", code_verifier: verifier = "", redirect_uri: redirectUri }: Readonly<Record<string, string>>) {
    const granted = codes.get(code);
    codes.delete(code);
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    if (granted === undefined || granted.challenge !== challenge || granted.redirectUri !== redirectUri)
      return { error: github ? "bad_verification_code" : "invalid_grant" };
    return issue(granted.scope, undefined);
  }

  function refresh({ refresh_token: token = "", scope: asked }: Readonly<Record<string, string>>) {
    const known = refreshes.get(token);
    if (known === undefined) return { error: github ? "bad_refresh_token" : "invalid_grant" };
    // AADSTS90009 and its like
    if (kind === "entra" && asked === undefined) return { error: "invalid_scope" };
    if (kind === "github-app") {
      // single use: old refresh and old access token end together
      refreshes.delete(token);
      provider.alive.delete(known.access);
    }
    return issue(known.scope, token);
  }

  function issue(scope: string, former: string | undefined): Record<string, string | number> {
    const access = random("access");
    provider.alive.add(access);
    const answer: Record<string, string | number> = {
      access_token: access,
      token_type: github ? "bearer" : "Bearer",
      scope: spelled(scope),
    };
    if (provider.lifetime !== undefined) answer["expires_in"] = provider.lifetime;
    if (wantsRefresh(scope, former)) {
      const token = kind === "google" && former !== undefined ? former : random("refresh");
      refreshes.set(token, { scope, access });
      if (token !== former) answer["refresh_token"] = token;
    }
    return answer;
  }

  function wantsRefresh(scope: string, former: string | undefined): boolean {
    if (kind === "github") return provider.lifetime !== undefined;
    if (kind === "entra") return scope.split(" ").includes("offline_access");
    const last = provider.authorizations.at(-1);
    return kind === "github-app" || former !== undefined || (last?.["access_type"] === "offline" && last["prompt"] === "consent");
  }

  function spelled(scope: string): string {
    if (kind === "github-app") return "";
    if (github) return scope.replaceAll(" ", ",");
    return kind === "google"
      ? scope.replace(/\bemail\b/, "https://www.googleapis.com/auth/userinfo.email")
      : scope.replace(/ ?offline_access/, "");
  }

  async function token(request: IncomingMessage, body: string, response: ServerResponse): Promise<void> {
    const parameters = Object.fromEntries(new URLSearchParams(body));
    provider.asked.push({ parameters, headers: request.headers });
    await provider.pausing();
    const { failing } = provider;
    if (failing !== undefined && "status" in failing)
      return void response
        .writeHead(failing.status, failing.retryAfter === undefined ? {} : { "retry-after": failing.retryAfter })
        .end("busy");
    if (failing !== undefined && "html" in failing)
      return void response.writeHead(200, { "content-type": "text/html" }).end("<h1>Unicorn!</h1>");
    const answer = failing === undefined ? grant(parameters) : { error: failing.error };
    send(request, response, answer);
  }

  // GitHub: form encoding unless JSON is asked for, and errors with status 200
  function send(request: IncomingMessage, response: ServerResponse, answer: Record<string, string | number>): void {
    const failed = "error" in answer && !github;
    if (github && request.headers.accept !== "application/json")
      return void response
        .writeHead(200, { "content-type": "application/x-www-form-urlencoded" })
        .end(new URLSearchParams(answer as never).toString());
    response.writeHead(failed ? 400 : 200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  }

  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", provider.authority);
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      if (/\/(authorize|auth)$/.test(url.pathname)) authorize(url, response);
      else if (request.method === "DELETE") {
        provider.revoked.push((JSON.parse(body) as { access_token: string }).access_token);
        response.writeHead(204).end();
      } else if (url.pathname === "/revoke") {
        provider.revoked.push(new URLSearchParams(body).get("token") ?? "");
        response.writeHead(200, { "content-type": "application/json" }).end("{}");
      } else void token(request, body, response);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  provider.authority = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(provider, {
    close: () =>
      new Promise<void>((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  });
}
