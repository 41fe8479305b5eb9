import { setTimeout as pause } from "node:timers/promises";
import type { FindingEvent, FindingState } from "@grantline/domain/finding";
import { parseEvent, START, type StoredEvent } from "@grantline/event-store";
import type { Lease } from "@grantline/feed";
import { backoffMs } from "../backoff.ts";
import { openCursor, type Cursor } from "../cursor.ts";
import { rest, type SinkOptions } from "../sink.port.ts";
import { WEBHOOK_TYPES, webhookMessage } from "./message.ts";
import { webhookHeaders } from "./sign.ts";

export interface WebhookOptions extends SinkOptions {
  readonly url: string;
  /** Asked for each message, so that a secret that was replaced is used from then on. */
  readonly key: () => Promise<Buffer>;
  readonly loadFinding: (id: string) => Promise<FindingState>;
  readonly enabled: () => boolean;
}

const SINK = "webhook";
const CURSOR = "alerts-webhook.v1";
const BATCH = 100;
/** Whoever could not be reached for a day is not told of that day any more. Seconds. */
const LONGEST = 86_400;

/** The work of the lease `alerts-webhook`: sends what is found, in order, each until it was taken or is too old. Until the signal is aborted. */
export async function runWebhook(options: WebhookOptions, lease: Lease): Promise<void> {
  const { store, readModel } = options;
  const cursor = await openCursor(readModel, CURSOR, START);
  while (!lease.signal.aborted) {
    const head = await store.head();
    const events = await store.readAll(cursor.position(), BATCH, { types: WEBHOOK_TYPES });
    for (const stored of events) await deliver(options, lease, stored, cursor);
    if (lease.signal.aborted) return;
    if (events.length < BATCH) {
      await cursor.advance(head);
      await rest(options, lease.signal);
    }
  }
}

async function deliver(options: WebhookOptions, lease: Lease, stored: StoredEvent, cursor: Cursor): Promise<void> {
  const message = stored.stream.startsWith("finding-") && options.enabled() ? await messageOf(options, stored) : undefined;
  if (message !== undefined) await sendUntilTaken(options, lease, message, Date.parse(parseEvent(stored).at) / 1_000);
  if (!lease.signal.aborted) await cursor.advance(stored.position);
}

async function messageOf({ loadFinding }: WebhookOptions, stored: StoredEvent) {
  const read = parseEvent<FindingEvent>(stored);
  if (read.unknown === true) return undefined;
  return webhookMessage(read, await loadFinding(stored.stream.slice("finding-".length)));
}

async function sendUntilTaken(
  options: WebhookOptions,
  lease: Lease,
  message: { readonly id: string; readonly body: string },
  at: number,
): Promise<void> {
  const { clock, log, metrics } = options;
  for (let failures = 0; !lease.signal.aborted;) {
    // the switch acts on what is tried again and again, too: a message not taken by then is told as little as one found while it is off
    if (!options.enabled()) {
      metrics.alert(SINK, "dropped");
      return log.warn({ id: message.id }, "a webhook was not delivered before the sink was switched off and is given up");
    }
    if (clock.now() - at > LONGEST) {
      metrics.alert(SINK, "dropped");
      return log.error({ id: message.id }, "a webhook was not delivered within a day and is given up");
    }
    await lease.assertHeld();
    const problem = await send(options, message);
    metrics.alert(SINK, problem === undefined ? "delivered" : "failed");
    if (problem === undefined) return;
    failures += 1;
    const waitMs = backoffMs(failures);
    log.warn({ id: message.id, failures, waitMs, why: problem }, "a webhook could not be delivered; it is tried again");
    await pause(waitMs, undefined, { signal: lease.signal, ref: false }).catch(() => undefined);
  }
}

/** Why it was not taken. What the other side says stays out of the log: it is a stranger's text. */
async function send(
  { url, key, exchange, clock }: WebhookOptions,
  { id, body }: { readonly id: string; readonly body: string },
): Promise<string | undefined> {
  try {
    // the key is asked for here, since the store it lies in may be away like any other
    const headers = webhookHeaders({ id, timestamp: clock.now(), body }, await key());
    const { status } = await exchange(url, { method: "POST", headers: { ...headers, "content-type": "application/json" }, body });
    return status >= 200 && status < 300 ? undefined : `answered ${status}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
