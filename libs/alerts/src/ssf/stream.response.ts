import type { ActiveReceiver } from "@grantline/domain/receiver";
import type { OAuthContext } from "@grantline/oauth/context";
import { signalsResource } from "@grantline/oauth/resource";
import { z } from "zod";
import { SIGNAL_URIS } from "./caep.ts";
import { POLL, PUSH } from "./stream.request.ts";

/** Seconds between two verifications of one stream. */
export const VERIFICATION_INTERVAL = 60;

export const streamSchema = z.object({
  stream_id: z.string(),
  iss: z.string(),
  aud: z.string(),
  events_supported: z.array(z.string()),
  events_requested: z.array(z.string()),
  events_delivered: z.array(z.string()),
  delivery: z.object({ method: z.enum([PUSH, POLL]), endpoint_url: z.string() }),
  min_verification_interval: z.int().describe("Seconds."),
  description: z.string().optional(),
});

/** SSF 1.0 §8.1.1: the configuration of a stream. The receiver's Authorization header is not given back. */
export function showStream({ settings }: Pick<OAuthContext, "settings">, receiver: ActiveReceiver): z.infer<typeof streamSchema> {
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
