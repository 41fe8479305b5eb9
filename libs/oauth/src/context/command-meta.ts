import type { Actor, CommandMeta } from "@grantline/event-store";
import type { HttpRequest } from "../http/index.ts";
import type { Clock, OAuthContext } from "./index.ts";

/** What an event says of the request that caused it. Address and user agent sealed under the day's key (P9). */
export function commandMeta(
  context: Pick<OAuthContext, "subjectKeys"> & { readonly clock: Clock },
  request: HttpRequest,
  actor: Actor,
): CommandMeta {
  const now = context.clock.now();
  const userAgent = request.headers["user-agent"];
  return {
    correlationId: request.correlationId,
    actor,
    ip: context.subjectKeys.sealAddress(request.ip, now),
    ...(typeof userAgent === "string" ? { userAgent: context.subjectKeys.sealAddress(userAgent.slice(0, 256), now) } : {}),
    ...(request.traceparent === undefined ? {} : { traceparent: request.traceparent }),
  };
}
