import type { ActiveReceiver } from "@grantline/domain/receiver";
import type { OAuthContext } from "@grantline/oauth/context";
import { signalsResource } from "@grantline/oauth/resource";
import { SIGNAL_URIS } from "./caep.ts";
import { POLL, PUSH } from "./stream.request.ts";

/** Seconds between two verifications of one stream. */
export const VERIFICATION_INTERVAL = 60;

/** SSF 1.0 §8.1.1: the configuration of a stream. The receiver's Authorization header is not given back. */
export function showStream({ settings }: Pick<OAuthContext, "settings">, receiver: ActiveReceiver): Readonly<Record<string, unknown>> {
  const { streamId, clientId, method, url, events, description } = receiver;
  return {
    stream_id: streamId,
    iss: settings.issuer,
    aud: clientId,
    events_supported: Object.values(SIGNAL_URIS),
    events_requested: events.map((kind) => SIGNAL_URIS[kind]),
    events_delivered: events.map((kind) => SIGNAL_URIS[kind]),
    delivery: { method: method === "push" ? PUSH : POLL, endpoint_url: url ?? `${signalsResource(settings)}/poll/${streamId}` },
    min_verification_interval: VERIFICATION_INTERVAL,
    ...(description === undefined ? {} : { description }),
  };
}
