import { ensureBrowser, requireCsrf } from "@grantline/oauth/browser";
import { commandMeta } from "@grantline/oauth/context";
import { formParameters, seeOther, type HttpRequest, type HttpResponse } from "@grantline/oauth/http";
import { verifierChallenge } from "@grantline/oauth/pkce";
import { loginUrl } from "@grantline/oauth/session";
import { targetOf } from "../access.ts";
import { connectionId, type UpstreamContext } from "../context.ts";
import type { Provider } from "../providers/provider.ts";
import { connectPage, resultPage } from "./connect.page.ts";
import { formOf, openTicket, sealState, type Ticket } from "./ticket.ts";
import { providerForPerson, visitOf, type Visit } from "./visit.ts";

/**
 * GET /connect/{id}: who is asked for what, before anybody is sent anywhere. What the server says of itself is read anew: people come here after it refused a
 * token, and that may be because it has moved to another authorization server (MCP authorization, SEP-2352).
 */
export async function showConnect(context: UpstreamContext, request: HttpRequest): Promise<HttpResponse> {
  const visit = await visitOf(context, request, openTicket(context, request.params["id"] ?? ""));
  if (visit === undefined) return seeOther(loginUrl(context, request.path));
  const provider = await providerForPerson(withoutMemory(context), request, visit);
  return connectPage(context, { ...visit, ticket: withSuggested(visit.ticket, provider) }, provider, {
    browser: ensureBrowser(context, request),
    path: request.path,
  });
}

function withoutMemory(context: UpstreamContext): UpstreamContext {
  const { fetcher, afresh = fetcher, outside } = context;
  return { ...context, fetcher: afresh, outside: { ...outside, fetcher: outside.afresh ?? outside.fetcher } };
}

/** POST /connect/{id}: 1 the person's own yes, from our own form, 2 state and PKCE, made now and not before, 3 on to the provider. */
export async function confirmConnect(context: UpstreamContext, request: HttpRequest): Promise<HttpResponse> {
  const visit = await visitOf(context, request, openTicket(context, request.params["id"] ?? ""));
  if (visit === undefined) return seeOther(loginUrl(context, request.path));
  const { server } = visit;
  const parameters = formParameters(request.body);
  // what the page said is what is asked, whatever the server says by now
  const ticket = { ...visit.ticket, scopes: wordsOf(parameters.get("asked")) };
  requireCsrf(context, request, parameters.get("csrf"), formOf(ticket));
  if (parameters.get("decision") !== "connect") return cancel(context, request, ticket);
  const provider = await providerForPerson(context, request, visit);
  const verifier = context.random.token(32);
  const state = sealState(context, {
    ...ticket,
    browser: ensureBrowser(context, request).key,
    verifier,
    issuer: provider.endpoints.issuer,
    clientId: provider.client.clientId,
    target: targetOf(server),
  });
  return seeOther(authorizationUrl(provider, { state, verifier, scopes: ticket.scopes }));
}

/** MCP authorization, scope selection: where neither operator nor step-up named any, the server's own. */
function withSuggested(ticket: Ticket, { suggested = [] }: Provider): Ticket {
  return ticket.scopes.length > 0 ? ticket : { ...ticket, scopes: suggested };
}

function wordsOf(text: string | undefined): readonly string[] {
  return (text ?? "").split(" ").filter((word) => word !== "");
}

async function cancel(context: UpstreamContext, request: HttpRequest, ticket: Ticket): Promise<HttpResponse> {
  await failAttempt(context, request, ticket, "cancelled");
  return resultPage(context, ticket.server, "cancelled");
}

/** Ends an attempt without tokens: it can't be gone on with. */
export async function failAttempt(context: UpstreamContext, request: HttpRequest, ticket: Ticket, reason: string): Promise<void> {
  await context.upstreams.execute(
    connectionId(ticket.user, ticket.server),
    { kind: "fail-authorization", now: context.clock.now(), attempt: ticket.attempt, reason },
    commandMeta(context, request, { kind: "user", id: ticket.user }),
  );
}

interface Asking {
  readonly state: string;
  readonly verifier: string;
  readonly scopes: Visit<Ticket>["ticket"]["scopes"];
}

function authorizationUrl(
  { endpoints, client, traits, redirectUri, resource, suggested }: Provider,
  { state, verifier, scopes }: Asking,
): string {
  const url = new URL(endpoints.authorization);
  // RFC 6749 §3.3: left out, it is the server's default. What is asked besides would be all there is, where a server named nothing of its own
  const besides = scopes.length === 0 && suggested !== undefined ? [] : traits.besides;
  const scope = traits.scopesGoverned ? [...new Set([...scopes, ...besides])].join(" ") : "";
  const parameters = {
    ...traits.authorizeParameters,
    response_type: "code",
    client_id: client.clientId,
    redirect_uri: redirectUri,
    // RFC 7636 §4.3; OAuth 2.1 wants it of every client
    code_challenge: verifierChallenge(verifier),
    code_challenge_method: "S256",
    state,
    ...(scope === "" ? {} : { scope }),
    ...(traits.resource === "send" && resource !== undefined ? { resource } : {}),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}
