import type { HttpRequest, HttpResponse } from "@grantline/oauth/http";
import { comingBack, ended, type ComingBack } from "../asking/coming-back.ts";
import { CODE, errorAnswer, McpError } from "../answer/mcp-error.ts";
import type { Caller, GatewayContext } from "../context.ts";
import { arrive } from "../entrance/arrival.ts";
import { identify } from "../entrance/caller.ts";
import { readMessages, type Incoming, type Message } from "../message/message.ts";
import { onwardHeaders, UpstreamFailure } from "../outbound/index.ts";
import { upstreamSession } from "../session/deferred.ts";
import type { Session } from "../session/session.ts";
import { requestIn, understand, type Call } from "./call.ts";
import { counted } from "./counted.ts";
import { decideTools } from "./decide-tools.ts";
import { accessOf, exchange } from "./exchange.ts";
import { refusalOf } from "./failures.ts";
import { openedSession } from "./sessions.ts";
import { settle } from "./settle.ts";
import { targetOf } from "./target.ts";
import { isConnectTool, notConnected, nowConnected, wanting } from "./unconnected.ts";

/** What of the protocol may be carried out twice. Tools may do anything, so they are not among them. */
const IDEMPOTENT = /^(?:initialize|ping|server\/discover|[a-z]+\/(?:templates\/)?list|resources\/read|prompts\/get|completion\/complete)$/;

/** POST /mcp/{server}: one message for the server. Throws OAuthError for what concerns the caller, answers JSON-RPC errors for the rest. */
export async function handleCall(context: GatewayContext, request: HttpRequest): Promise<HttpResponse> {
  const arrived = await arrive(context, request);
  const caller = await identify(context, request, arrived);
  return counted(context, caller, () =>
    answeringErrors(request, async (about) => {
      const call = understand(context, request, caller, about(readMessages(request.body)));
      refuseUnseen(context);
      limit(context, caller, call.incoming);
      await decideTools(context, call, call.incoming);
      const back = call.stateless ? comingBack(call.incoming) : undefined;
      const on = (onEnd?: () => void): Promise<HttpResponse> =>
        back === undefined ? deliver(context, call, { onEnd }) : resume(context, { ...call, incoming: back.incoming }, back, onEnd);
      return call.incoming.messages.some(isListening) ? context.streams.within(caller, on) : on();
    }),
  );
}

/** Errors as JSON-RPC has them, with the id of the request once that is known. */
async function answeringErrors(
  request: HttpRequest,
  work: (about: (incoming: Incoming) => Incoming) => Promise<HttpResponse>,
): Promise<HttpResponse> {
  let known: Incoming | undefined;
  try {
    return await work((incoming) => (known = incoming));
  } catch (error) {
    const refusal = error instanceof McpError ? error.refusal : error instanceof UpstreamFailure ? refusalOf(error) : undefined;
    if (refusal === undefined) throw error;
    return errorAnswer(refusal, known === undefined ? undefined : requestIn(known)?.id, request.correlationId);
  }
}

/** Who can't be recorded does not act: events wait for the store, but not without a bound. */
function refuseUnseen({ journal }: GatewayContext): void {
  if (!journal.full()) return;
  throw new McpError({
    status: 503,
    code: CODE.internal,
    reason: "journal-full",
    message: "Calls can't be recorded right now. Try again shortly.",
    headers: { "retry-after": "5" },
  });
}

/** Each message of a batch is a call of its own, or fifty at a time would be let through as one. A client's answers are none, but for one that comes alone. */
function limit({ sources }: GatewayContext, { server, token }: Caller, { messages }: Incoming): void {
  const calls = messages.filter(({ kind }) => kind !== "response").length;
  sources.limits.client(`gateway ${server.name} ${token.sub}`, server.policy.ratePerMinute ?? 0, Math.max(1, calls));
}

/** The client was asked for its user's authorization, and is back. */
async function resume(
  context: GatewayContext,
  call: Call,
  { authorizationId, declined }: ComingBack,
  onEnd: Delivering["onEnd"],
): Promise<HttpResponse> {
  if (!declined) await ended(context.upstreams, authorizationId, call.request.gone);
  return deliver(context, call, { declined, onEnd });
}

interface Delivering {
  /** The person was asked to connect and would not. */
  readonly declined?: boolean;
  /** Told when a stream that was answered has ended. */
  readonly onEnd?: (() => void) | undefined;
}

async function deliver(context: GatewayContext, call: Call, { declined = false, onEnd }: Delivering): Promise<HttpResponse> {
  const access = await accessOf(context, call);
  if (access.kind === "none") return notConnected(context, call, access.reason, declined);
  if (isConnectTool(call)) return nowConnected(call);
  const { caller, request, incoming, stateless } = call;
  const session = call.session?.deferred === undefined ? call.session : await upstreamSession(context, call, access, call.session);
  const target = await targetOf(context, caller, session);
  const sent = await exchange(context, call, access, {
    target,
    method: "POST",
    headers: { ...onwardHeaders(request, { checked: stateless }), "content-type": "application/json", ...sessionHeaders(session) },
    body: incoming.text,
    idempotent: incoming.messages.every(isIdempotent),
  });
  if (sent.kind === "wanting") return wanting(context, call, sent.why, sent.scopes);
  const opened = openedSession(context, call, sent.answered.headers["mcp-session-id"], target.bridge);
  return settle(context, call, sent, {
    id: requestIn(incoming)?.id,
    headers: opened,
    hasSession: session?.upstream !== undefined,
    onEnd,
  });
}

function sessionHeaders(session: (Session & { readonly revision?: string }) | undefined): Record<string, string> {
  return {
    ...(session?.upstream === undefined ? {} : { "mcp-session-id": session.upstream }),
    // of a session begun in the server's place: what the server agreed to counts
    ...(session?.revision === undefined ? {} : { "mcp-protocol-version": session.revision }),
  };
}

/** 2026-07-28: what GET is in the revisions before. */
function isListening(message: Message): boolean {
  return message.kind !== "response" && message.method === "subscriptions/listen";
}

/** Responses of clients, and calls that want no answer, may do anything as well. */
function isIdempotent(message: Message): boolean {
  return message.kind !== "response" && (IDEMPOTENT.test(message.method) || message.method.startsWith("notifications/"));
}
