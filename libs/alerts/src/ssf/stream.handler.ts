import type { ActiveReceiver, ReceiverCommand, SignalSettings } from "@grantline/domain/receiver";
import { commandMeta } from "@grantline/oauth/context";
import { OAuthError } from "@grantline/oauth/errors";
import { json, noContent, queryParameters, type HttpRequest, type HttpResponse } from "@grantline/oauth/http";
import { OutboundError } from "@grantline/oauth/outbound";
import type { z } from "zod";
import { receiverClient, type ReceiverClient } from "./access.ts";
import { AUTHORIZATION, streamSubject, type SsfContext } from "./context.ts";
import { cursorName } from "./push.ts";
import {
  kindsOf,
  malformed,
  PUSH,
  readChange,
  readCreate,
  readStatus,
  readVerification,
  type Delivery,
  type StreamChange,
  type statusSchema,
  type StreamInput,
} from "./stream.request.ts";
import { showStream, VERIFICATION_INTERVAL } from "./stream.response.ts";

/** SSF 1.0 §8.1.1.1. One stream a receiver: a second is a conflict. */
export async function createStream(context: SsfContext, request: HttpRequest): Promise<HttpResponse> {
  const client = await receiverClient(context.oauth, request, "manage");
  const input = readCreate(request);
  const streamId = context.oauth.random.hex(16);
  const settings = await settingsOf(context, streamId, input, input.delivery);
  const { state } = await run(context, request, client, {
    kind: "create",
    now: now(context),
    streamId,
    clientId: client.clientId,
    settings,
  });
  return json(201, showStream(context.oauth, state));
}

/** SSF 1.0 §8.1.1.2: one by its id, or the list of all the receiver has. */
export async function readStream(context: SsfContext, request: HttpRequest): Promise<HttpResponse> {
  const client = await receiverClient(context.oauth, request, "read");
  const streamId = queryParameters(request.query).get("stream_id");
  if (streamId !== undefined) return json(200, showStream(context.oauth, await streamOf(context, client, streamId)));
  const { state } = await context.receivers.load(client.receiver);
  return json(200, state.kind === "none" ? [] : [showStream(context.oauth, state)]);
}

/** SSF 1.0 §8.1.1.3: what is not named stays. */
export async function updateStream(context: SsfContext, request: HttpRequest): Promise<HttpResponse> {
  return change(context, request, async (input, before) => {
    const uris = input.events_requested;
    const changed = await settingsOf(context, before.streamId, input, input.delivery);
    const { method, url, authorization, events, description } = before;
    return {
      ...(input.delivery === undefined ? settings({ method, url, authorization }) : deliveryOf(changed)),
      events: uris === undefined ? events : changed.events,
      ...optional("description", input.description ?? description),
    };
  });
}

/** SSF 1.0 §8.1.1.4: what is not named goes. */
export async function replaceStream(context: SsfContext, request: HttpRequest): Promise<HttpResponse> {
  return change(context, request, (input, before) => settingsOf(context, before.streamId, input, input.delivery));
}

/** SSF 1.0 §8.1.1.5. The key its secrets were sealed under goes with it. */
export async function deleteStream(context: SsfContext, request: HttpRequest): Promise<HttpResponse> {
  const client = await receiverClient(context.oauth, request, "manage");
  const streamId = queryParameters(request.query).get("stream_id") ?? "";
  const before = await streamOf(context, client, streamId);
  const command = { kind: "delete", now: now(context), streamId } as const;
  const { outcome } = await context.receivers.execute(client.receiver, command, meta(context, request, client));
  if (outcome.kind === "refused") throw unknownStream();
  await context.oauth.subjectKeys.destroy(streamSubject(streamId));
  await context.readModel.clear(cursorName(before));
  return noContent();
}

/** SSF 1.0 §8.1.2.1 */
export async function readStatusOf(context: SsfContext, request: HttpRequest): Promise<HttpResponse> {
  const client = await receiverClient(context.oauth, request, "read");
  return json(200, showStatus(await streamOf(context, client, queryParameters(request.query).get("stream_id") ?? "")));
}

/** SSF 1.0 §8.1.2.2 */
export async function updateStatus(context: SsfContext, request: HttpRequest): Promise<HttpResponse> {
  const client = await receiverClient(context.oauth, request, "manage");
  const { stream_id: streamId, status, reason } = readStatus(request);
  const { state } = await run(context, request, client, {
    kind: "set-status",
    now: now(context),
    streamId,
    status,
    ...optional("reason", reason),
  });
  return json(200, showStatus(state));
}

/** SSF 1.0 §8.1.4.2: the verification event comes over the stream itself. */
export async function verifyStream(context: SsfContext, request: HttpRequest): Promise<HttpResponse> {
  const client = await receiverClient(context.oauth, request, "manage");
  const { stream_id: streamId, state } = readVerification(request);
  const command = { kind: "verify", now: now(context), streamId, minInterval: VERIFICATION_INTERVAL, ...optional("state", state) } as const;
  await run(context, request, client, command);
  return noContent();
}

/** The receiver's stream of this id. Throws 404: also where it is another receiver's. */
export async function streamOf(context: SsfContext, { receiver }: ReceiverClient, streamId: string): Promise<ActiveReceiver> {
  const { state } = await context.receivers.load(receiver);
  if (state.kind === "none" || state.streamId !== streamId) throw unknownStream();
  return state;
}

async function change(
  context: SsfContext,
  request: HttpRequest,
  next: (input: StreamChange, before: ActiveReceiver) => Promise<SignalSettings>,
): Promise<HttpResponse> {
  const client = await receiverClient(context.oauth, request, "manage");
  const input = readChange(request);
  const before = await streamOf(context, client, input.stream_id);
  if (
    (input.iss !== undefined && input.iss !== context.oauth.settings.issuer) ||
    (input.aud !== undefined && String(input.aud) !== before.clientId)
  )
    throw malformed("iss and aud are for the transmitter to say.");
  const command = { kind: "update", now: now(context), streamId: before.streamId, settings: await next(input, before) } as const;
  return json(200, showStream(context.oauth, (await run(context, request, client, command)).state));
}

async function run(context: SsfContext, request: HttpRequest, client: ReceiverClient, command: ReceiverCommand) {
  const { outcome, state } = await context.receivers.execute(client.receiver, command, meta(context, request, client));
  if (outcome.kind === "refused" && outcome.reason === "too-soon")
    throw new OAuthError("too_many_requests", "rate-limited", "Verifications of one stream may be asked for once a minute.", {
      headers: { "retry-after": String(outcome.wait) },
    });
  if (outcome.kind === "refused" && outcome.reason === "stream-exists")
    throw new OAuthError("invalid_request", "signal-stream-exists", "This receiver has a stream already; change or delete it.", {
      status: 409,
    });
  if (outcome.kind === "refused" || state.kind === "none") throw unknownStream();
  return { state };
}

function unknownStream(): OAuthError {
  return new OAuthError("invalid_request", "signal-stream-unknown", "This receiver has no stream of that id.", { status: 404 });
}

function meta({ oauth }: SsfContext, request: HttpRequest, { clientId }: ReceiverClient) {
  return commandMeta(oauth, request, { kind: "client", id: clientId });
}

function now({ oauth }: SsfContext): number {
  return oauth.clock.now();
}

async function settingsOf(
  context: SsfContext,
  streamId: string,
  input: StreamInput,
  delivery: Delivery | undefined,
): Promise<SignalSettings> {
  const wanted = { events: kindsOf(input.events_requested), ...optional("description", input.description) };
  if (delivery?.method !== PUSH) return { method: "poll", ...wanted };
  await checkEndpoint(context, delivery.endpoint_url);
  const { authorization_header: header } = delivery;
  const sealed = header === undefined ? undefined : await context.oauth.subjectKeys.seal(streamSubject(streamId), AUTHORIZATION, header);
  return { method: "push", url: delivery.endpoint_url, ...optional("authorization", sealed), ...wanted };
}

/** F-01: an address inside our network is refused before it is kept, and again before each push. */
async function checkEndpoint({ checkUrl }: SsfContext, url: string): Promise<void> {
  try {
    await checkUrl(url);
  } catch (cause) {
    if (!(cause instanceof OutboundError)) throw cause;
    throw malformed("endpoint_url must be an https URL of a public host.", cause);
  }
}

function deliveryOf({ method, url, authorization }: SignalSettings) {
  return settings({ method, url, authorization });
}

function settings({
  method,
  url,
  authorization,
}: {
  method: SignalSettings["method"];
  url: string | undefined;
  authorization: string | undefined;
}) {
  return { method, ...optional("url", url), ...optional("authorization", authorization) };
}

function optional<K extends string, V>(name: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [P in K]?: V };
}

function showStatus({ streamId, status, reason }: ActiveReceiver): z.infer<typeof statusSchema> {
  return { stream_id: streamId, status, ...optional("reason", reason) };
}
