import { createHash, randomBytes } from "node:crypto";
import type { Person, PersonOptions } from "./person.ts";

export interface Registered {
  readonly client_id: string;
  readonly client_secret?: string;
  readonly registration_access_token: string;
  readonly registration_client_uri: string;
  readonly [member: string]: unknown;
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly scope: string;
  readonly expires_in: number;
  readonly id_token?: string;
}

export interface Pkce {
  readonly verifier: string;
  readonly challenge: string;
}

export function pkce(): Pkce {
  const verifier = randomBytes(32).toString("base64url");
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") };
}

/** Registers dynamically (RFC 7591); a public client with one redirect URI unless told otherwise. */
export async function register(issuer: string, metadata: object = {}): Promise<Registered> {
  const body = {
    client_name: "Test client",
    redirect_uris: ["https://client.example/callback"],
    token_endpoint_auth_method: "none",
    grant_types: ["authorization_code", "refresh_token"],
    ...metadata,
  };
  const response = await fetch(`${issuer}/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (response.status !== 201) throw new Error(`registration: ${response.status} ${await response.text()}`);
  return (await response.json()) as Registered;
}

export function basic(clientId: string, secret: string): string {
  return `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`).toString("base64")}`;
}

/** A POST of form parameters; an array repeats the parameter. */
export async function postForm(
  url: string,
  parameters: Readonly<Record<string, string | readonly string[] | undefined>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    for (const each of value === undefined ? [] : [value].flat()) body.append(name, each as string);
  return fetch(url, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: body.toString(),
  });
}

export interface AuthorizeOptions extends PersonOptions {
  readonly issuer: string;
  readonly client: Registered;
  readonly scope?: string;
  readonly resource?: string | readonly string[];
  readonly redirectUri?: string;
  readonly more?: Readonly<Record<string, string>>;
}

/** The authorization URL of a code flow with PKCE. */
export function authorizationUrl(options: AuthorizeOptions, challenge: string): string {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: options.client.client_id,
    redirect_uri: options.redirectUri ?? "https://client.example/callback",
    code_challenge: challenge,
    code_challenge_method: "S256",
    state: "state-1",
    ...(options.scope === undefined ? {} : { scope: options.scope }),
    ...options.more,
  });
  for (const resource of [options.resource ?? []].flat()) query.append("resource", resource as string);
  return `${options.issuer}/authorize?${query}`;
}

/** Log in, consent, come back: a code and what redeems it. */
export async function obtainCode(
  person: Person,
  options: AuthorizeOptions,
): Promise<{ readonly code: string; readonly verifier: string; readonly callback: URL }> {
  const { verifier, challenge } = pkce();
  const callback = await person.authorize(authorizationUrl(options, challenge), options);
  const code = callback.searchParams.get("code");
  if (code === null) throw new Error(`no code: ${callback.href}`);
  return { code, verifier, callback };
}

/** The whole way to tokens. */
export async function obtainTokens(person: Person, options: AuthorizeOptions): Promise<Tokens> {
  const { code, verifier } = await obtainCode(person, options);
  const response = await redeem(options, code, verifier);
  if (!response.ok) throw new Error(`token: ${response.status} ${await response.text()}`);
  return (await response.json()) as Tokens;
}

export function redeem(
  options: Pick<AuthorizeOptions, "issuer" | "client" | "redirectUri">,
  code: string,
  verifier: string,
): Promise<Response> {
  const { client } = options;
  const parameters = {
    grant_type: "authorization_code",
    code,
    code_verifier: verifier,
    redirect_uri: options.redirectUri ?? "https://client.example/callback",
  };
  return client.client_secret === undefined
    ? postForm(`${options.issuer}/token`, { ...parameters, client_id: client.client_id })
    : postForm(`${options.issuer}/token`, parameters, { authorization: basic(client.client_id, client.client_secret) });
}

export function refresh(
  issuer: string,
  client: Registered,
  refreshToken: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const parameters = { grant_type: "refresh_token", refresh_token: refreshToken, ...more };
  return client.client_secret === undefined
    ? postForm(`${issuer}/token`, { ...parameters, client_id: client.client_id })
    : postForm(`${issuer}/token`, parameters, { authorization: basic(client.client_id, client.client_secret) });
}

/** Is the token active, as the resource's own client sees it? */
export async function introspect(
  issuer: string,
  caller: { readonly client_id: string; readonly client_secret: string },
  token: string,
): Promise<{ readonly active: boolean; readonly [member: string]: unknown }> {
  const response = await postForm(`${issuer}/introspect`, { token }, { authorization: basic(caller.client_id, caller.client_secret) });
  if (!response.ok) throw new Error(`introspection: ${response.status} ${await response.text()}`);
  return (await response.json()) as { active: boolean };
}
