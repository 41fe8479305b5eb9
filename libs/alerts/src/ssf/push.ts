import type { ActiveReceiver, ReceiverState } from "@grantline/domain/receiver";
import type { Lease } from "@grantline/feed";
import { backoffMs } from "../backoff.ts";
import { openCursor } from "../cursor.ts";
import { rest, type SinkOptions } from "../sink.port.ts";
import { beginningOf, setsAfter, signSet, type PendingSet, type SetSources } from "./sets.ts";

export interface PushOptions extends SinkOptions, SetSources {
  readonly store: SinkOptions["store"];
  /** Ids of the receivers there are. */
  readonly listReceivers: () => Promise<readonly string[]>;
  readonly loadReceiver: (receiver: string) => Promise<ReceiverState>;
  readonly openAuthorization: (streamId: string, sealed: string) => Promise<string | undefined>;
  readonly enabled: () => boolean;
}

const SINK = "ssf-push";

interface Standing {
  busy: boolean;
  failures: number;
  retryAtMs: number;
}

/** The work of the lease `signals`: pushes to every receiver that wants it, each in its own order and at its own pace. Until the signal is aborted. */
export async function runPush(options: PushOptions, lease: Lease): Promise<void> {
  const standings = new Map<string, Standing>();
  const running = new Set<Promise<void>>();
  const begin = (receiver: string): void => {
    const standing = standings.get(receiver) ?? { busy: false, failures: 0, retryAtMs: 0 };
    standings.set(receiver, standing);
    if (standing.busy || performance.now() < standing.retryAtMs) return;
    standing.busy = true;
    const work = pump(options, lease, receiver, standing).finally(() => {
      standing.busy = false;
      running.delete(work);
    });
    running.add(work);
  };
  while (!lease.signal.aborted) {
    await lease.assertHeld();
    if (options.enabled()) for (const receiver of await options.listReceivers()) begin(receiver);
    await rest(options, lease.signal);
  }
  await Promise.all(running);
}

/** Sends what there is for one receiver, until there is no more or it can't be taken. */
async function pump(options: PushOptions, lease: Lease, receiver: string, standing: Standing): Promise<void> {
  const { log, readModel } = options;
  try {
    const begun = await options.loadReceiver(receiver);
    if (!isPushed(begun)) return;
    const cursor = await openCursor(readModel, cursorName(begun), await beginningOf(options, `receiver-${receiver}`));
    for (let more = true; more && !lease.signal.aborted;) {
      const stretch = await setsAfter(options, begun, cursor.position());
      for (const set of stretch.sets) {
        if (lease.signal.aborted || !options.enabled()) return;
        // a backlog is long: what was paused or deleted meanwhile gets no more of it, and what moved gets it at the new place
        const now = await options.loadReceiver(receiver);
        if (!isPushed(now) || now.streamId !== begun.streamId) return;
        await push(options, now, set);
        standing.failures = 0;
        await cursor.advance(set.position);
      }
      await cursor.advance(stretch.upTo);
      ({ more } = stretch);
    }
  } catch (error) {
    standing.failures += 1;
    const waitMs = backoffMs(standing.failures);
    standing.retryAtMs = performance.now() + waitMs;
    options.metrics.alert(SINK, "failed");
    log.warn(
      { receiver, failures: standing.failures, waitMs, err: error },
      "a security event token could not be pushed; it is tried again",
    );
  }
}

function isPushed(state: ReceiverState): state is ActiveReceiver {
  return state.kind !== "none" && state.method === "push" && state.status === "enabled";
}

export function cursorName({ streamId }: ActiveReceiver): string {
  return `signals-${streamId}.v1`;
}

/** Throws when it was not taken and should be tried again. */
async function push(options: PushOptions, receiver: ActiveReceiver, set: PendingSet): Promise<void> {
  const { exchange, metrics, log } = options;
  const authorization =
    receiver.authorization === undefined ? undefined : await options.openAuthorization(receiver.streamId, receiver.authorization);
  // RFC 8935 §2.1: one token a request, as application/secevent+jwt
  const { status } = await exchange(receiver.url ?? "", {
    method: "POST",
    headers: {
      "content-type": "application/secevent+jwt",
      accept: "application/json",
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: signSet(options, set),
  });
  if (status >= 200 && status < 300) return metrics.alert(SINK, "delivered");
  if (status !== 400) throw new Error(`the receiver answered ${status}`);
  // RFC 8935 §2.4: it has read the token and will not have it; the same token again would be no other
  metrics.alert(SINK, "dropped");
  log.error({ streamId: receiver.streamId, jti: set.jti }, "a receiver refused a security event token");
}
