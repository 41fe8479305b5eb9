import { OAuthError } from "@grantline/oauth/errors";
import { type Endpoint, type HttpRequest, type HttpResponse, queryOperation, queryParameters } from "@grantline/oauth/http";
import { createConnection } from "./connection.ts";
import { GREETING } from "./framing.ts";
import { createRevocationHub, type Follower, type HubSources, type RevocationHub } from "./hub.ts";
import { subscriberOf, type SubscriberSources } from "./subscriber.ts";

export type RevocationFeedContext = HubSources & SubscriberSources;

/** A line ends after so long, and the client proves itself anew; spread out, so that those who came at once do not come back at once. Seconds. */
const LONGEST = 900;
const SPREAD = 300;
/** Lines of one process. */
const MOST_LINES = 10_000;

/** GET /v1/revocations: server-sent events for validators. One hub for all lines of this process. */
export function revocationFeedEndpoint(context: RevocationFeedContext, hub: RevocationHub = createRevocationHub(context)): Endpoint {
  return {
    id: "revocation-feed",
    method: "GET",
    path: `${context.settings.basePath}/v1/revocations`,
    audience: "program",
    openapi: queryOperation({
      summary: "Follow revocations as they happen (server-sent events)",
      parameters: ["resource", "after"],
      answers: { "200": "revocation, checkpoint and reset events; the id of each is a position to come back with." },
    }),
    handle: (request) => follow(context, hub, request),
  };
}

async function follow(context: RevocationFeedContext, hub: RevocationHub, request: HttpRequest): Promise<HttpResponse> {
  const { clientStream, follows, until } = await subscriberOf(context, request);
  const after = afterOf(request);
  if (hub.count() >= MOST_LINES)
    throw new OAuthError("temporarily_unavailable", "rate-limited", "Too many validators follow this server.", {
      headers: { "retry-after": "5" },
    });
  const seconds = Math.min(LONGEST - Math.random() * SPREAD, until === undefined ? LONGEST : until - context.clock.now());
  const ending = setTimeout(() => connection.end(), seconds * 1_000);
  ending.unref();
  const connection = createConnection(() => {
    clearTimeout(ending);
    hub.leave(follower);
  });
  const follower: Follower = { connection, follows, clientStream };
  connection.push(GREETING);
  await hub.join(follower, after).catch((error: unknown) => {
    connection.end();
    throw error;
  });
  return {
    status: 200,
    // X-Accel-Buffering: nginx would otherwise hold events back until its buffer is full
    headers: { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" },
    stream: connection.stream,
  };
}

/** HTML, server-sent events: a client that lost its line says the last id it saw; `after` is the same by hand. */
function afterOf(request: HttpRequest): string | undefined {
  const header = request.headers["last-event-id"];
  const after = typeof header === "string" && header !== "" ? header : queryParameters(request.query).get("after");
  if (after !== undefined && !/^(?:0|[1-9][0-9]{0,19})$/.test(after))
    throw new OAuthError("invalid_request", "parameter-malformed", "after is not a position of this log.");
  return after;
}
