import type { CommandMeta } from "@grantline/event-store";
import { commandMeta } from "@grantline/oauth/context";
import { queryParameters, type HttpRequest, type HttpResponse } from "@grantline/oauth/http";
import { connectionId, type UpstreamContext } from "../context.ts";
import { checkAnswer, redeemCode } from "../providers/provider-client.ts";
import type { Provider, ProviderTokens } from "../providers/provider.ts";
import { ProviderTrouble } from "../providers/trouble.ts";
import { troubleOf } from "../refresh/bring-tokens.ts";
import type { TokenRecords } from "../tokens/record.ts";
import { failAttempt } from "./connect.handler.ts";
import { resultPage } from "./connect.page.ts";
import { openState, type Confirmed } from "./ticket.ts";
import { pageError, providerForPerson, requireBrowser, requireSame, unknownConnection, used, visitOf } from "./visit.ts";

export interface CallbackParts {
  readonly context: UpstreamContext;
  readonly records: TokenRecords;
}

/**
 * GET /connect/callback: 1 our own state, in the browser and by the person that said yes, 2 an answer of the provider that was asked, 3 the attempt is
 * consumed by an append (P2), 4 the code becomes tokens, 5 they are stored, 6 the connection is told of.
 */
export async function finishConnect({ context, records }: CallbackParts, request: HttpRequest): Promise<HttpResponse> {
  const answer = new URLSearchParams(request.query);
  const state = queryParameters(request.query, { lenient: true }).get("state") ?? "";
  const confirmed = openState(context, state);
  const visit = await visitOf(context, request, confirmed);
  // the login ended meanwhile: there is nobody here who could be held to have said yes
  if (visit === undefined) throw unknownConnection();
  const { ticket, server } = visit;
  requireBrowser(context, request, ticket.browser);
  const provider = await providerForPerson(context, request, visit);
  requireSame(server, provider, ticket);
  requirePlace(request, provider);
  await checked(context, request, ticket, () => checkAnswer(provider, { answer, state }));
  const meta = commandMeta(context, request, { kind: "user", id: ticket.user });
  const record = await consume(context, ticket, meta);
  const { verifier, scopes: asked } = ticket;
  const redeeming = { answer, state, verifier, asked, redirectUri: provider.redirectUri };
  const tokens = await attempted(context, request, ticket, () => redeemCode(context, provider, redeeming));
  await attempted(context, request, ticket, () => keep({ context, records }, { ticket, provider, tokens, record, meta }));
  return resultPage(context, server.name, "connected", missing(provider, asked, tokens.scopes));
}

/** RFC 9700 §4.4.2.2: where the browser comes back to says from whom, where nothing else does. */
function requirePlace(request: HttpRequest, { redirectUri }: Provider): void {
  if (new URL(redirectUri).pathname !== request.path) throw unknownConnection();
}

/** An answer that is the provider's no ends the attempt; one that is not the provider's at all changes nothing (RFC 9207 §2.4). */
async function checked(context: UpstreamContext, request: HttpRequest, ticket: Confirmed, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof ProviderTrouble)) throw error;
    if (!["invalid-response", "invalid-request"].includes(error.reason)) await failAttempt(context, request, ticket, error.reason);
    throw pageError(error);
  }
}

/** P2: of any number of callbacks with this state one goes on. Answers the number its tokens are stored under. */
async function consume(context: UpstreamContext, { user, server, attempt }: Confirmed, meta: CommandMeta): Promise<number> {
  const { outcome } = await context.upstreams.execute(
    connectionId(user, server),
    { kind: "receive-code", now: context.clock.now(), attempt },
    meta,
  );
  if (outcome.kind !== "received") throw used();
  return outcome.record;
}

/** A code can be redeemed once, so whatever goes wrong after it was sent ends the attempt. */
async function attempted<T>(context: UpstreamContext, request: HttpRequest, ticket: Confirmed, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const trouble = troubleOf(error);
    await failAttempt(context, request, ticket, trouble.reason);
    throw pageError(trouble);
  }
}

interface Keeping {
  readonly ticket: Confirmed;
  readonly provider: Provider;
  readonly tokens: ProviderTokens;
  readonly record: number;
  readonly meta: CommandMeta;
}

async function keep({ context, records }: CallbackParts, { ticket, provider, tokens, record, meta }: Keeping): Promise<void> {
  const { user, server, attempt } = ticket;
  const id = connectionId(user, server);
  const secretName = records.nameFor({ provider: provider.name, server, user, record });
  const former = (await context.upstreams.load(id)).state;
  await records.write(id, secretName, { ...tokens, record });
  const { outcome } = await context.upstreams.execute(
    id,
    {
      kind: "authorize",
      now: context.clock.now(),
      attempt,
      secretName,
      origin: { provider: provider.name, issuer: provider.endpoints.issuer, clientId: provider.client.clientId, target: ticket.target },
      tokens: {
        scopes: tokens.scopes,
        refreshable: tokens.refreshToken !== undefined,
        ...(tokens.expiresAt === undefined ? {} : { expiresAt: tokens.expiresAt }),
      },
    },
    meta,
  );
  if (outcome.kind !== "done") {
    await records.remove(secretName);
    throw new ProviderTrouble("refused", "superseded");
  }
  // not revoked at the provider: to some, one token stands for all that was ever authorized
  if (former.status !== "none") await records.remove(former.connection.secretName);
}

/** What was asked and not granted; people may untick some of it. */
function missing({ traits }: Provider, asked: readonly string[], granted: readonly string[]): readonly string[] {
  const has = new Set(granted.map(traits.canonicalScope));
  return traits.scopesGoverned ? asked.filter((scope) => !has.has(traits.canonicalScope(scope))) : [];
}
