import { type LogFault, type StoredEvent, verifyStream } from "@grantline/event-store";

interface Link {
  readonly revision: number;
  readonly hash: string;
}

/** Holds every event against the one before it in its stream, in whatever order streams come. Keeps one link a stream: about 150 bytes. */
export interface Chains {
  fault(event: StoredEvent): LogFault | undefined;
  /** A link whose body is gone (dropped segment, archive that begins later), known by its hash. */
  known(stream: string, link: Link): void;
  readonly streams: number;
}

const BEGINNING: Link = { revision: -1, hash: "" };

export function createChains(): Chains {
  const links = new Map<string, Link>();
  return {
    fault(event) {
      const verified = verifyStream([event], links.get(event.stream) ?? BEGINNING);
      links.set(event.stream, { revision: event.revision, hash: event.hash });
      return verified.kind === "broken" ? verified.why : undefined;
    },
    known: (stream, link) => void links.set(stream, link),
    get streams() {
      return links.size;
    },
  };
}
