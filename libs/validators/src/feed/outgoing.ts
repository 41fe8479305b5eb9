import { concerns, type Follows, type Told } from "./entry.ts";
import { revocationFrame } from "./framing.ts";
import type { Follower } from "./hub.ts";

/** architecture.md §7: batched for at most so long. */
const BATCH_MS = 100;

/** Gathers what comes within BATCH_MS of the last write, and writes each text once for all that follow the same. */
export function createOutgoing(followers: ReadonlySet<Follower>, welcomed: Set<Follower>) {
  let pending: Told[] = [];
  let timer: NodeJS.Timeout | undefined;
  let wroteMs = Number.NEGATIVE_INFINITY;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    for (const follower of welcomed) if (!followers.has(follower)) welcomed.delete(follower);
    if (pending.length === 0) return;
    const batch = pending;
    pending = [];
    wroteMs = performance.now();
    const texts = new Map<string, string>();
    for (const { connection, follows } of welcomed) {
      const key = follows === "everything" ? "" : follows.join(" ");
      let text = texts.get(key);
      if (text === undefined) texts.set(key, (text = textOf(batch, follows)));
      if (text !== "") connection.push(text);
    }
    endBarred(batch, welcomed);
  };
  return {
    flush,
    tell(told: readonly Told[]) {
      if (told.length === 0) return;
      pending.push(...told);
      const rest = BATCH_MS - (performance.now() - wroteMs);
      if (rest <= 0) flush();
      else timer ??= setTimeout(flush, rest);
    },
  };
}

function textOf(batch: readonly Told[], follows: Follows): string {
  let text = "";
  for (const told of batch) if (concerns(told, follows)) text += revocationFrame(told.entry);
  return text;
}

export function sendAll({ connection, follows }: Follower, missed: readonly Told[]): void {
  const text = textOf(missed, follows);
  if (text !== "") connection.push(text);
}

/** A client that is barred, or whose tokens are all dead, proves itself anew. */
function endBarred(batch: readonly Told[], welcomed: ReadonlySet<Follower>): void {
  const barred = new Set(batch.filter(({ entry }) => entry.kind === "client").map(({ entry }) => entry.id));
  if (barred.size > 0) for (const { connection, clientStream } of welcomed) if (barred.has(clientStream)) connection.end();
}
