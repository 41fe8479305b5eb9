import { hash } from "node:crypto";
import type { Decider, DomainEvent, Outcome, Recorded } from "@grantline/domain/kernel";
import { StreamParked } from "./parked.ts";
import { parseEvent } from "./parse.ts";
import { START } from "./port.ts";
import type { EventStore, Position, StoredEvent } from "./port.ts";
import type { Definitions } from "./seal.ts";
import type { SharedReading } from "./region/region.ts";
import type { CachedStream } from "./stream-cache.ts";
import type { SnapshotStore } from "./streams.port.ts";

/** Events read at once while folding. */
const PAGE = 500;
/** A fold longer than this leaves a snapshot behind. */
const LONG_FOLD = 200;

export interface StreamFold<S> {
  readonly definitions: Definitions;
  readonly empty: CachedStream<S>;
  readonly sharing: boolean;
  /** The state as it stands in the store now, going on from what is known. Throws StreamParked. */
  read(stream: string, known: CachedStream<S> | undefined): Promise<CachedStream<S>>;
  /** The state as other processes have shared it, at least as new as this process has been told; undefined: read it. */
  shared(stream: string): Promise<CachedStream<S> | undefined>;
  /** Lets other processes have it: it was the stream's newest when the store stood at `asOf`. */
  share(stream: string, entry: CachedStream<S>, asOf: Position): Promise<void>;
  /** Whatever is read from now on is at least as new as the store was here. */
  position(): Position;
}

export interface FoldPorts {
  readonly store: EventStore;
  readonly snapshots?: SnapshotStore | undefined;
  /** Of the region; see region/region.ts. */
  readonly shared?: SharedReading | undefined;
  readonly release: string;
  /** A snapshot that could not be read or kept; the fold goes on without it. */
  readonly onSnapshotFailure: (stream: string, error: unknown) => void;
}

/** Reads streams of one decider. */
export function createStreamFold<S, C, E extends DomainEvent, O extends Outcome>(
  decider: Decider<S, C, E, O>,
  ports: FoldPorts,
): StreamFold<S> {
  const definitions = decider.events as unknown as Definitions;
  const fold = foldName(ports.release, decider.stream, definitions, decider.evolve);
  const empty: CachedStream<S> = { state: decider.initial, revision: -1, hash: "", bytes: 0 };

  const step = (before: CachedStream<S>, stored: StoredEvent): CachedStream<S> => {
    const read = parseEvent<E>(stored, definitions);
    if (read.unknown && !read.ignorable) throw new StreamParked(stored.stream, stored.revision, stored.type);
    const state = read.unknown ? before.state : decider.evolve(before.state, read.event as Recorded<E>);
    return { state, revision: stored.revision, hash: stored.hash, bytes: before.bytes + stored.body.length };
  };

  const startFrom = async (stream: string): Promise<CachedStream<S>> => {
    if (ports.snapshots === undefined) return empty;
    try {
      const snapshot = await ports.snapshots.get(stream);
      if (snapshot === undefined || snapshot.fold !== fold) return empty;
      // The snapshot must lie on this very chain; after a restore of the log it may not.
      const [at] = await ports.store.readStream(stream, snapshot.revision, 1);
      if (at?.hash !== snapshot.hash) return empty;
      return { state: snapshot.state as S, revision: snapshot.revision, hash: snapshot.hash, bytes: JSON.stringify(snapshot.state).length };
    } catch (error) {
      ports.onSnapshotFailure(stream, error);
      return empty;
    }
  };

  const leaveSnapshot = ({ snapshots }: FoldPorts, stream: string, { state, revision, hash }: CachedStream<S>) => {
    snapshots?.put(stream, { fold, state, revision, hash }).catch((error: unknown) => ports.onSnapshotFailure(stream, error));
  };

  return {
    definitions,
    empty,
    sharing: ports.shared !== undefined,
    read: async (stream, known) => {
      const start = known ?? (await startFrom(stream));
      let at = start;
      for (;;) {
        const page = await ports.store.readStream(stream, at.revision + 1, PAGE);
        for (const stored of page) at = step(at, stored);
        if (page.length < PAGE) break;
      }
      if (at.revision - start.revision > LONG_FOLD) leaveSnapshot(ports, stream, at);
      return at;
    },
    async shared(stream) {
      const found = await ports.shared?.get(stream);
      // That there is no stream is true however one folds.
      if (found === undefined || (found.revision !== -1 && found.fold !== fold)) return undefined;
      const state = found.revision === -1 ? decider.initial : (found.state as S);
      return { state, revision: found.revision, hash: found.hash, bytes: JSON.stringify(state).length };
    },
    share: async (stream, { state, revision, hash }, asOf) => ports.shared?.put(stream, { fold, state, revision, hash, asOf }),
    position: () => ports.shared?.position() ?? START,
  };
}

/** Names a way of folding: another set of events or another evolve makes other states. What evolve calls shows in its text by name only, hence the release. */
function foldName(release: string, stream: string, definitions: Definitions, evolve: (...args: never[]) => unknown): string {
  const versions = Object.entries(definitions).map(([type, { version }]) => [type, version]);
  return hash("sha256", JSON.stringify([release, stream, versions, String(evolve)]), "base64url").slice(0, 16);
}
