import { linkFault, type LogFault, type StoredEvent } from "@grantline/event-store";

interface Link {
  revision: number;
  hash: string;
}

/** Holds every event against the one before it in its stream, in whatever order streams come. Keeps one link a stream: about 150 bytes. */
export interface Chains {
  fault(event: StoredEvent): LogFault | undefined;
  /** A link whose body is gone (dropped segment, archive that begins later), known by its hash. */
  known(stream: string, link: Readonly<Link>): void;
  readonly streams: number;
}

export function createChains(): Chains {
  const links = new Map<string, Link>();
  return {
    fault(event) {
      const link = links.get(event.stream);
      if (link === undefined) {
        links.set(event.stream, { revision: event.revision, hash: event.hash });
        return linkFault(event, -1, "");
      }
      const fault = linkFault(event, link.revision, link.hash);
      link.revision = event.revision;
      link.hash = event.hash;
      return fault;
    },
    known: (stream, { revision, hash }) => void links.set(stream, { revision, hash }),
    get streams() {
      return links.size;
    },
  };
}
