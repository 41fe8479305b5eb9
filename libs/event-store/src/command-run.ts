import type { Decider, DomainEvent, Outcome, Recorded } from "@grantline/domain/kernel";
import { EventStoreUnavailable } from "./port.ts";
import type { AppendResult, EventMeta, EventStore, SealedEvent } from "./port.ts";
import { sealEvents } from "./seal.ts";
import type { CachedStream } from "./stream-cache.ts";
import type { StreamAccess } from "./stream-access.ts";
import type { StreamRuntimeOptions } from "./streams.ts";
import type { CommandMeta, Executed } from "./streams.port.ts";

/** Conflicts in a row before a command gives up. With turns taken in a process, only other processes can cause them. */
const TRIES = 60;
const MOST_JITTER_MS = 40;

/** Runs one decider's commands on one stream at a time: decide, append at the revision decided on, keep the new state. */
export function createCommandRun<S, C, E extends DomainEvent, O extends Outcome>(
  decider: Decider<S, C, E, O>,
  access: StreamAccess<S>,
  options: StreamRuntimeOptions,
): (stream: string, command: C, meta: CommandMeta) => Promise<Executed<S, O>> {
  const record = async (stream: string, base: CachedStream<S>, events: readonly E[], meta: CommandMeta) => {
    const atMs = options.clock.nowMs?.() ?? options.clock.now() * 1000;
    const sealed = sealEvents({
      stream,
      previousHash: base.hash,
      revision: base.revision + 1,
      events,
      definitions: access.definitions,
      meta: { ...meta, region: options.region, service: options.service } satisfies EventMeta,
      atMs,
      ...(options.newId === undefined ? {} : { newId: options.newId }),
    });
    const result = await access.kept(stream, async () => {
      const answer = await appendOnce(options.store, stream, base.revision, sealed);
      return { answer, entry: answer.kind === "conflict" ? undefined : stateAfter(base, events, sealed, Math.floor(atMs / 1000)) };
    });
    if (result.answer.kind === "conflict" || result.entry === undefined) return undefined;
    // nobody waits for it: a shared state says as of when it is, so a late one misleads nobody
    void access.share(stream, result.entry, result.answer.position);
    return { state: result.entry.state, revision: result.entry.revision, position: result.answer.position };
  };

  const stateAfter = (base: CachedStream<S>, events: readonly E[], sealed: readonly SealedEvent[], at: number): CachedStream<S> => {
    let { state, bytes } = base;
    for (const event of events)
      state = decider.evolve(state, { ...event, at, version: access.definitions[event.type]!.version } as Recorded<E>);
    for (const { body } of sealed) bytes += body.length;
    const last = sealed.at(-1)!;
    return { state, revision: last.revision, hash: last.hash, bytes };
  };

  return async (stream, command, meta) => {
    const cached = access.cached(stream);
    // What other processes have shared may only accept, like what this one has cached.
    let fresh = cached === undefined && !access.sharing;
    let loaded = cached ?? (await access.readShared(stream));
    for (let tries = 0; tries < TRIES;) {
      const { events, outcome } = decider.decide(command, loaded.state);
      // A cached state may only accept, and only what the store will check by the expected revision.
      if (!fresh && (outcome.kind === "refused" || events.length === 0)) {
        const before = loaded.revision;
        loaded = await access.read(stream, loaded);
        fresh = true;
        if (loaded.revision !== before) continue;
      }
      if (events.length === 0) return { outcome, state: loaded.state, revision: loaded.revision };
      const settled = await record(stream, loaded, events, meta);
      if (settled !== undefined) return { outcome, ...settled };
      await jitter(tries++);
      loaded = await access.read(stream, loaded);
      fresh = true;
    }
    throw new EventStoreUnavailable(`${stream} is too contended: gave up after ${TRIES} conflicts`);
  };
}

/** When no answer came the same events are sent once more: the store knows them by their ids. */
async function appendOnce(
  store: EventStore,
  stream: string,
  expectedRevision: number,
  sealed: readonly SealedEvent[],
): Promise<AppendResult> {
  try {
    return await store.append(stream, expectedRevision, sealed);
  } catch (error) {
    if (!(error instanceof EventStoreUnavailable)) throw error;
    return store.append(stream, expectedRevision, sealed);
  }
}

/** The first conflict is met at once, later ones after a random pause that grows. */
async function jitter(conflicts: number): Promise<void> {
  if (conflicts === 0) return;
  await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(2 ** conflicts, MOST_JITTER_MS)));
}
