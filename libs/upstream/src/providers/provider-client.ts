import { OutboundError, type SafeExchange } from "@grantline/oauth/outbound";
import * as oauth from "oauth4webapi";
import { retryAfter, tokenAnswer } from "./answer.ts";
import type { Provider, ProviderTokens } from "./provider.ts";
import { errorWord, ProviderTrouble } from "./trouble.ts";

/** Error codes with which a provider says that nothing will come of this authorization any more. */
const OVER = new Set(["invalid_grant", "access_denied", "unsupported_grant_type"]);
/** Those that say that we are set up wrongly there, whoever the person is. */
const SETUP = new Set([
  "invalid_client",
  "unauthorized_client",
  "invalid_scope",
  "invalid_target",
  "redirect_uri_mismatch",
  "incorrect_client_credentials",
]);

export interface ProviderTalk {
  readonly exchange: SafeExchange;
  /** Epoch seconds. */
  readonly clock: { now(): number };
}

export interface CodeToRedeem {
  /** The query the provider sent the browser back with. */
  readonly answer: URLSearchParams;
  readonly state: string;
  readonly verifier: string;
  readonly redirectUri: string;
  readonly asked: readonly string[];
}

/** Is this an answer of the provider we asked (RFC 9207), with a code? Nothing is sent, and nothing shown of an answer that is not. Throws ProviderTrouble. */
export async function checkAnswer(provider: Provider, code: Pick<CodeToRedeem, "answer" | "state">): Promise<void> {
  await told(async () => void validAnswer(provider, code));
}

/** Redeems an authorization code. Throws ProviderTrouble. */
export async function redeemCode(talk: ProviderTalk, provider: Provider, code: CodeToRedeem): Promise<ProviderTokens> {
  const { server, client, auth } = parties(provider);
  return told(async () => {
    const answer = validAnswer(provider, code);
    const response = await oauth.authorizationCodeGrantRequest(server, client, auth, answer, code.redirectUri, code.verifier, {
      ...requestOptions(talk, provider),
      additionalParameters: resourceOf(provider),
    });
    return tokensOf(talk, provider, await oauth.processAuthorizationCodeResponse(server, client, response), code.asked);
  });
}

/** New tokens for a refresh token; the same refresh token goes on where no new one came. Throws ProviderTrouble. */
export async function refreshTokens(
  talk: ProviderTalk,
  provider: Provider,
  refreshToken: string,
  scopes: readonly string[],
): Promise<ProviderTokens> {
  const { server, client, auth } = parties(provider);
  const { scopeOnRefresh, besides } = provider.traits;
  const scope: Record<string, string> = scopeOnRefresh ? { scope: [...new Set([...scopes, ...besides])].join(" ") } : {};
  return told(async () => {
    const response = await oauth.refreshTokenGrantRequest(server, client, auth, refreshToken, {
      ...requestOptions(talk, provider),
      additionalParameters: { ...resourceOf(provider), ...scope },
    });
    const tokens = tokensOf(talk, provider, await oauth.processRefreshTokenResponse(server, client, response), scopes);
    return { ...tokens, refreshToken: tokens.refreshToken ?? refreshToken };
  });
}

/** Tells the provider that the tokens are no longer wanted, where it can be told. Throws ProviderTrouble. */
export async function revokeTokens(
  talk: ProviderTalk,
  provider: Provider,
  tokens: Pick<ProviderTokens, "accessToken" | "refreshToken">,
): Promise<void> {
  const { revocation } = provider.endpoints;
  if (provider.traits.revocation === "none" || revocation === undefined) return;
  await told(async () => {
    if (provider.traits.revocation === "github") return revokeAtGithub(talk, provider, revocation, tokens.accessToken);
    const { server, client, auth } = parties(provider);
    const response = await oauth.revocationRequest(
      server,
      client,
      auth,
      tokens.refreshToken ?? tokens.accessToken,
      requestOptions(talk, provider, false),
    );
    await oauth.processRevocationResponse(response);
  });
}

// GitHub's own: DELETE with the app's credentials, the token in the body
async function revokeAtGithub({ exchange }: ProviderTalk, { client }: Provider, url: string, accessToken: string): Promise<void> {
  const { status, headers } = await exchange(url, {
    method: "DELETE",
    headers: {
      authorization: `Basic ${Buffer.from(`${client.clientId}:${client.secret ?? ""}`).toString("base64")}`,
      accept: "application/vnd.github+json",
      "content-type": "application/json",
    },
    body: JSON.stringify({ access_token: accessToken }),
  });
  // 404: it is no token of this app any more
  if (status !== 204 && status !== 404) throw new ProviderTrouble("transient", "revocation-refused", retryAfter(headers));
}

/** By the library, so that its requests take it. */
function validAnswer(provider: Provider, { answer, state }: Pick<CodeToRedeem, "answer" | "state">): URLSearchParams {
  const { server, client } = parties(provider);
  return oauth.validateAuthResponse(server, client, ownIssuer(provider, answer), state);
}

function parties({ endpoints, client: { clientId, authMethod, secret } }: Provider) {
  const server: oauth.AuthorizationServer = {
    issuer: endpoints.issuer,
    authorization_endpoint: endpoints.authorization,
    token_endpoint: endpoints.token,
    ...(endpoints.revocation === undefined ? {} : { revocation_endpoint: endpoints.revocation }),
    authorization_response_iss_parameter_supported: endpoints.sendsIssuer,
  };
  const client: oauth.Client = { client_id: clientId };
  const auth =
    authMethod === "none" || secret === undefined
      ? oauth.None()
      : authMethod === "client_secret_basic"
        ? basicOf(secret)
        : oauth.ClientSecretPost(secret);
  return { server, client, auth };
}

/**
 * RFC 6749 §2.3.1 and appendix B: form-encoded, so that letters, digits and -._* stay as they are. The library's own encodes those too, and a server that
 * takes the two parts as they come does not know the client.
 */
function basicOf(secret: string): oauth.ClientAuth {
  const encoded = (text: string): string => new URLSearchParams([["", text]]).toString().slice(1);
  return (_server, { client_id: clientId }, _body, headers) => {
    headers.set("authorization", `Basic ${Buffer.from(`${encoded(clientId)}:${encoded(secret)}`).toString("base64")}`);
  };
}

/** RFC 9207 §2.4, for issuers with many names: one of the pattern counts as the issuer itself. */
function ownIssuer({ endpoints, traits: { issuerVariant } }: Provider, answer: URLSearchParams): URLSearchParams {
  const iss = answer.getAll("iss");
  if (issuerVariant === undefined || iss.length !== 1 || !issuerVariant.test(iss[0] ?? "")) return answer;
  const copy = new URLSearchParams(answer);
  copy.set("iss", endpoints.issuer);
  return copy;
}

function resourceOf({ traits, resource }: Provider): Record<string, string> {
  // RFC 8707 §2.2: the token is for this server alone
  return traits.resource === "send" && resource !== undefined ? { resource } : {};
}

/** The library's requests through the safe exchange, which judges addresses and schemes in its place. */
function requestOptions(talk: ProviderTalk, { exchange = talk.exchange }: Provider, tokens = true) {
  const send = async (url: string, init: { method: string; headers: Record<string, string>; body: unknown }): Promise<Response> => {
    const exchanged = await exchange(url, {
      method: init.method === "POST" ? "POST" : "GET",
      headers: { ...init.headers, accept: "application/json" },
      ...(init.body === undefined || init.body === null ? {} : { body: String(init.body as URLSearchParams | string) }),
    });
    return tokens ? tokenAnswer(exchanged) : new Response(exchanged.text, { status: exchanged.status, headers: exchanged.headers });
  };
  return { [oauth.customFetch]: send as never, [oauth.allowInsecureRequests]: true };
}

function tokensOf(
  { clock }: ProviderTalk,
  { traits }: Provider,
  answer: oauth.TokenEndpointResponse,
  asked: readonly string[],
): ProviderTokens {
  if (answer.token_type !== "bearer") throw new ProviderTrouble("setup", "token-type-unsupported");
  // GitHub separates by commas. RFC 6749 §5.1: left out, it is what was asked
  const granted = answer.scope?.split(/[ ,]+/).filter((scope) => scope !== "") ?? asked;
  const { refresh_token: refreshToken, expires_in: expiresIn } = answer;
  return {
    accessToken: answer.access_token,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    scopes: traits.scopesGoverned ? [...new Set(granted)] : [],
    ...(expiresIn === undefined || expiresIn <= 0 ? {} : { expiresAt: clock.now() + Math.floor(expiresIn) }),
  };
}

/** Every failure as a ProviderTrouble, without the library's error: that one holds the answer. */
async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw troubleOf(error);
  }
}

function troubleOf(error: unknown): unknown {
  if (error instanceof ProviderTrouble) return error;
  if (error instanceof OutboundError) return new ProviderTrouble(error.temporary ? "transient" : "setup", `outbound-${error.failure}`);
  if (error instanceof oauth.ResponseBodyError) return ofCode(error.error);
  if (error instanceof oauth.AuthorizationResponseError) return new ProviderTrouble("refused", errorWord(error.error));
  if (error instanceof oauth.WWWAuthenticateChallengeError) return new ProviderTrouble("setup", "invalid-client");
  if (error instanceof oauth.OperationProcessingError) return new ProviderTrouble("refused", reasonOf(error));
  return error;
}

function ofCode(code: string): ProviderTrouble {
  if (OVER.has(code)) return new ProviderTrouble("refused", errorWord(code));
  return new ProviderTrouble(SETUP.has(code) ? "setup" : "transient", errorWord(code));
}

/** What the library objected to, by its own closed list of codes. */
function reasonOf({ code }: oauth.OperationProcessingError): string {
  return code === undefined ? "answer-not-conform" : errorWord(code.replace(/^OAUTH_/, ""));
}
