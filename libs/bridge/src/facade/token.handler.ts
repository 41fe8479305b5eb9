import { currentKey } from "@grantline/domain/bridge";
import { BASIC_CHALLENGE, parsePresentedClient } from "@grantline/oauth/client-authentication";
import { commandMeta } from "@grantline/oauth/context";
import { OAuthError } from "@grantline/oauth/errors";
import { formParameters, type HttpRequest, type HttpResponse, json, type Parameters } from "@grantline/oauth/http";
import { sameHash, sha256 } from "@grantline/oauth/tokens";
import type { BridgeContext } from "../context.ts";
import { targetRefused } from "../process/as-answer.ts";
import { askTarget } from "./ask-target.ts";
import { chooseRedirect } from "./authorize.handler.ts";
import { type ActiveBridge, findRegistered } from "./find-client.ts";
import { type RefreshNote, unwrapRefreshToken, wrapRefreshToken } from "./refresh-token.ts";

const DAY = 86_400;

interface TargetRequest {
  readonly form: Readonly<Record<string, string | undefined>>;
  readonly note: RefreshNote;
}

/** POST {issuer}/token: the client proves itself to the facade, the facade proves the application to the target. */
export async function tokenFromTarget(context: BridgeContext, request: HttpRequest): Promise<HttpResponse> {
  const parameters = formParameters(request.body);
  await context.limits.check("failure", request.ip);
  const client = await authenticate(context, request, parameters).catch(async (error: unknown) => {
    if (error instanceof OAuthError && error.code === "invalid_client") await context.limits.consume("failure", request.ip);
    throw error;
  });
  const { form, note } = targetRequest(context, client, parameters);
  const secret = note.withSecret ? await secretOf(context, client) : undefined;
  const { token: endpoint } = await context.upstream.endpoints();
  const answer = await askTarget(context, endpoint, { ...form, client_id: client.application?.clientId, client_secret: secret });
  await noteUse(context, client, request);
  return json(200, shown(context, answer, note));
}

/** Throws OAuthError `invalid_client`. A public client is known by its redirect URIs and PKCE alone. */
async function authenticate(context: BridgeContext, request: HttpRequest, parameters: Parameters): Promise<ActiveBridge> {
  const presented = parsePresentedClient(request, parameters);
  if (presented.method === "assertion") throw mismatch();
  if (presented.method !== "basic") {
    const client = await findRegistered(context, presented.clientId);
    return prove(
      client,
      presented.method === "post" ? "client_secret_post" : "none",
      presented.method === "post" ? [presented.secret] : [],
    );
  }
  const [first] = presented.readings;
  const client = await findRegistered(context, first?.clientId ?? "");
  return prove(
    client,
    "client_secret_basic",
    presented.readings.filter(({ clientId }) => clientId === client.clientId).map(({ secret }) => secret),
  );
}

function prove(client: ActiveBridge, method: string, secrets: readonly string[]): ActiveBridge {
  const registered = client.metadata.token_endpoint_auth_method;
  // RFC 7591 §2: the client uses the method it registered; basic and post carry the same secret
  if ((registered === "none") !== (method === "none")) throw mismatch();
  if (registered === "none") return client;
  if (!secrets.some((secret) => sameHash(sha256(secret), client.clientSecretHash ?? "")))
    throw new OAuthError("invalid_client", "client-secret-wrong", "Client authentication failed.", { headers: BASIC_CHALLENGE });
  return client;
}

function mismatch(): OAuthError {
  return new OAuthError("invalid_client", "client-method-mismatch", "The client must authenticate the way it registered.", {
    headers: BASIC_CHALLENGE,
  });
}

function targetRequest(context: BridgeContext, client: ActiveBridge, parameters: Parameters): TargetRequest {
  const grantType = parameters.get("grant_type");
  if (grantType === undefined) throw new OAuthError("invalid_request", "parameter-missing", "grant_type is missing.");
  if (!client.metadata.grant_types.includes(grantType) && ["authorization_code", "refresh_token"].includes(grantType))
    throw new OAuthError("unauthorized_client", "grant-type-not-allowed", "The client is not registered for this grant type.");
  if (grantType === "authorization_code") return codeRequest(context, client, parameters);
  if (grantType === "refresh_token") return refreshRequest(context, client, parameters);
  throw new OAuthError("unsupported_grant_type", "grant-type-unsupported", "Only authorization_code and refresh_token are supported here.");
}

function codeRequest({ upstream }: BridgeContext, client: ActiveBridge, parameters: Parameters): TargetRequest {
  const redirectUri = chooseRedirect(client, parameters.get("redirect_uri"));
  const scope = upstream.toUpstream(client, parameters.get("scope"));
  const form = {
    grant_type: "authorization_code",
    code: required(parameters, "code"),
    redirect_uri: redirectUri,
    code_verifier: required(parameters, "code_verifier"),
    // `scope` is left out: what the person consented to at the authorization endpoint is what the code is for
  };
  return { form, note: { scope, withSecret: upstream.wantsSecret(redirectUri) } };
}

/** Entra wants the scope again at every refresh (AADSTS90009), and clients rarely send it. */
function refreshRequest({ upstream }: BridgeContext, client: ActiveBridge, parameters: Parameters): TargetRequest {
  const wrapped = unwrapRefreshToken(required(parameters, "refresh_token"));
  if (wrapped === undefined) throw new OAuthError("invalid_grant", "token-malformed", "The refresh token is not one of this server.");
  const { token, withSecret } = wrapped;
  const asked = parameters.get("scope");
  const scope = narrowed(wrapped.scope, asked === undefined ? wrapped.scope : upstream.toUpstream(client, asked));
  return { form: { grant_type: "refresh_token", refresh_token: token, scope }, note: { scope: wrapped.scope, withSecret } };
}

// RFC 6749 §6: a refresh may narrow the scope, never widen it
function narrowed(granted: string, wanted: string): string {
  const had = new Set(granted.split(" "));
  if (!wanted.split(" ").every((name) => had.has(name) || name === "offline_access"))
    throw new OAuthError("invalid_scope", "scope-not-allowed", "A refresh can't ask for more than was granted.");
  return wanted;
}

function required(parameters: Parameters, name: string): string {
  const value = parameters.get(name);
  if (value === undefined) throw new OAuthError("invalid_request", "parameter-missing", `${name} is missing.`);
  return value;
}

async function secretOf({ secrets }: BridgeContext, client: ActiveBridge): Promise<string> {
  const key = currentKey(client);
  const secret = key === undefined ? undefined : await secrets.get(key.secretName);
  if (secret === undefined) throw targetRefused(`the secret of ${client.bridgeId} is not in the secret store`);
  return secret.value;
}

/** One event a day at most; that the client got its token does not depend on it. */
async function noteUse(context: BridgeContext, { bridgeId, clientId, usedAt }: ActiveBridge, request: HttpRequest): Promise<void> {
  const now = context.clock.now();
  if (usedAt !== undefined && now - usedAt < DAY) return;
  const meta = commandMeta(context, request, { kind: "client", id: clientId });
  await context.bridges
    .execute(bridgeId, { kind: "used", now, atMostEvery: DAY }, meta)
    .catch((error: unknown) =>
      context.log.warn({ bridgeId, err: error }, "that a registration was used could not be recorded; at its next use"),
    );
}

/** No ID token: its issuer is the target's, which a client of this issuer has to refuse. */
function shown({ upstream }: BridgeContext, answer: Readonly<Record<string, unknown>>, note: RefreshNote): Record<string, unknown> {
  const { access_token: accessToken, token_type: tokenType, expires_in: expiresIn, refresh_token: refreshToken, scope } = answer;
  if (typeof accessToken !== "string" || typeof tokenType !== "string") throw targetRefused("the token answer has no access token");
  upstream.checkAccessToken(accessToken);
  const granted = typeof scope === "string" ? scope : note.scope;
  const kept = typeof scope === "string" ? withOffline(scope, note.scope) : note.scope;
  return {
    access_token: accessToken,
    token_type: tokenType,
    ...(Number.isFinite(Number(expiresIn)) ? { expires_in: Number(expiresIn) } : {}),
    ...(typeof refreshToken === "string" ? { refresh_token: wrapRefreshToken(refreshToken, { ...note, scope: kept }) } : {}),
    scope: upstream.fromUpstream(granted),
  };
}

/** Entra leaves offline_access out of the scope it tells, but wants it again for the next refresh token. */
function withOffline(granted: string, sent: string): string {
  const offline = sent.split(" ").includes("offline_access") && !granted.split(" ").includes("offline_access");
  return offline ? `${granted} offline_access` : granted;
}
