import type { ClientView, OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import type { HttpRequest, Parameters } from "../http/index.ts";
import { type AssertionSources, verifyAssertion } from "./assertion.handler.ts";
import { assertionSubject } from "./assertion-rules.ts";
import type { BasicReading } from "./basic.ts";
import { BASIC_CHALLENGE, parsePresentedClient, type PresentedClient } from "./client-authentication.request.ts";
import { secretMatches } from "./secret.ts";

/** The client that proved itself, how, and the RateLimit headers to send along. */
export interface AuthenticatedClient extends ClientView {
  /** `none`: a public client, which only said its name. */
  readonly method: PresentedClient["method"];
  readonly headers: Readonly<Record<string, string>>;
}

export type ClientAuthenticationSources = AssertionSources & Pick<OAuthContext, "directory" | "limits">;

/**
 * Which client sends this request? Throws OAuthError: `invalid_client` (401) when it is unknown, barred or does not prove itself,
 * `invalid_request` for a malformed attempt, `too_many_requests` when it calls, or fails, too often.
 */
export async function authenticateClient(
  context: ClientAuthenticationSources,
  request: HttpRequest,
  params: Parameters,
): Promise<AuthenticatedClient> {
  const presented = parsePresentedClient(request, params);
  try {
    const client = await proven(context, request, presented);
    return {
      ...client,
      method: presented.method,
      headers: context.limits.client(client.clientId, client.state.settings.requestsPerMinute),
    };
  } catch (error) {
    throw presented.method === "basic" ? withChallenge(error) : error;
  }
}

function proven(context: ClientAuthenticationSources, request: HttpRequest, presented: PresentedClient): Promise<ClientView> {
  switch (presented.method) {
    case "none":
      return byName(context, presented.clientId);
    case "basic":
      return byBasic(context, presented.readings);
    case "post":
      return bySecret(context, presented.clientId, [presented.secret]);
    case "assertion":
      return byAssertion(context, request, presented);
  }
}

async function byName(context: ClientAuthenticationSources, clientId: string): Promise<ClientView> {
  const client = await context.directory.find(clientId);
  // OAuth 2.1 §3.2.2: a confidential client must authenticate
  if (client.state.metadata.token_endpoint_auth_method !== "none") {
    throw new OAuthError(
      "invalid_client",
      "client-authentication-missing",
      `This client must authenticate with ${client.state.metadata.token_endpoint_auth_method}.`,
    );
  }
  return client;
}

function byBasic(context: ClientAuthenticationSources, readings: readonly BasicReading[]): Promise<ClientView> {
  const [only, ...others] = readings;
  return only !== undefined && others.length === 0 ? bySecret(context, only.clientId, [only.secret]) : byReadings(context, readings);
}

async function byReadings(context: ClientAuthenticationSources, readings: readonly BasicReading[]): Promise<ClientView> {
  const ids = [...new Set(readings.map((reading) => reading.clientId))];
  for (const id of ids.slice(0, -1)) {
    try {
      return await bySecret(context, id, secretsFor(readings, id));
    } catch (error) {
      if (!(error instanceof OAuthError) || error.reason !== "client-unknown") throw error;
    }
  }
  const last = ids.at(-1) as string;
  return bySecret(context, last, secretsFor(readings, last));
}

/** Secrets to try for an id: every reading of the secret where the id reads the same. */
function secretsFor(readings: readonly BasicReading[], clientId: string): readonly string[] {
  return readings.filter((reading) => reading.clientId === clientId).map((reading) => reading.secret);
}

async function bySecret(context: ClientAuthenticationSources, clientId: string, presented: readonly string[]): Promise<ClientView> {
  const client = await findOrPretend(context, clientId, presented);
  const method = client.state.metadata.token_endpoint_auth_method;
  const matches = secretMatches(client.state.secrets, presented, context.clock.now());
  // OAuth 2.1 §2.4.1: header and body are both accepted for a secret; a client registered without one has none to show
  if (method !== "client_secret_basic" && method !== "client_secret_post") {
    throw new OAuthError("invalid_client", "client-method-mismatch", `This client is registered for ${method}, not for a client secret.`);
  }
  if (!matches)
    throw await wrongProof(
      context,
      client.clientId,
      new OAuthError("invalid_client", "client-secret-wrong", "Client authentication failed."),
    );
  return client;
}

/** An unknown client costs the same hash and compare as a known one. */
async function findOrPretend(context: ClientAuthenticationSources, clientId: string, presented: readonly string[]): Promise<ClientView> {
  try {
    return await context.directory.find(clientId);
  } catch (error) {
    secretMatches([], presented, context.clock.now());
    throw error;
  }
}

async function byAssertion(
  context: ClientAuthenticationSources,
  request: HttpRequest,
  presented: Extract<PresentedClient, { method: "assertion" }>,
): Promise<ClientView> {
  const subject = assertionSubject(presented.assertion);
  // RFC 7521 §4.2: client_id is optional beside an assertion, and names its subject when given
  if (presented.clientId !== undefined && presented.clientId !== subject) {
    throw new OAuthError("invalid_client", "assertion-claims", "client_id is not the subject of the client assertion.");
  }
  const client = await context.directory.find(subject);
  try {
    await verifyAssertion(context, client, presented.assertion, request.path);
    return client;
  } catch (error) {
    if (error instanceof OAuthError && error.reason === "assertion-signature") throw await wrongProof(context, client.clientId, error);
    throw error;
  }
}

/** K-08: guesses at one client are slowed down too, from however many addresses; a right proof never gets here, so nobody is locked out. */
async function wrongProof(context: ClientAuthenticationSources, clientId: string, failure: OAuthError): Promise<OAuthError> {
  try {
    await context.limits.take("failure", `client:${clientId}`);
    return failure;
  } catch (error) {
    if (error instanceof OAuthError) return error;
    throw error;
  }
}

function withChallenge(error: unknown): unknown {
  if (!(error instanceof OAuthError) || error.code !== "invalid_client") return error;
  const { code, reason, description, cause, detail, headers, status } = error;
  return new OAuthError(code, reason, description, {
    cause,
    status,
    headers: { ...headers, ...BASIC_CHALLENGE },
    ...(detail === undefined ? {} : { detail }),
  });
}
