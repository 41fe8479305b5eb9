import { parseEvent, type EventStore, type StoredEvent, type StreamChange } from "@grantline/event-store";

/** Listings show a grant for 30 days after its time (read-model, grants): until then a rebuild must find it (P6). */
const LISTED = 31 * 86_400;
const PAGE = 500;

/** One event of a stream that can be over: until when anything may ask for it, epoch seconds, and whether the stream can end with it. */
type Judge = (data: Readonly<Record<string, unknown>>, type: string) => { readonly until: number; readonly ends: boolean };

const ENDS_OF_GRANTS: ReadonlySet<string> = new Set(["GrantRevoked", "GrantExpired", "GrantDenied"]);
const expiryOf = (data: Readonly<Record<string, unknown>>): number => {
  const { exp = 0 } = (data["access"] ?? data) as { readonly exp?: number };
  return exp;
};

/** Of other kinds (clients, resources, people, consents, keys, days, leases) every event is part of what is true today. */
const KINDS: Readonly<Record<string, Judge>> = {
  issuance: (data) => ({ until: expiryOf(data), ends: true }),
  token: (data) => ({ until: expiryOf(data), ends: true }),
  security: () => ({ until: 0, ends: true }),
  audit: () => ({ until: 0, ends: true }),
  // after the end of its device code nothing asks for it: what it opened is a grant
  device: (data) => ({ until: Number(data["expiresAt"] ?? 0), ends: true }),
  grant: (data, type) => ({
    until: Math.max(expiryOf(data), Number(data["absoluteExpiresAt"] ?? 0)),
    ends: ENDS_OF_GRANTS.has(type),
  }),
};

export function canBeOver(stream: string): boolean {
  return Object.hasOwn(KINDS, wordOf(stream));
}

/** The stream with its last revision, if nothing will ever ask for it again: its end was recorded, and all it gave has expired a month ago. */
export async function streamOver(store: Pick<EventStore, "readStream">, stream: string, now: number): Promise<StreamChange | undefined> {
  const judge = KINDS[wordOf(stream)];
  if (judge === undefined) return undefined;
  let [revision, ended] = [-1, false];
  for (;;) {
    const page: readonly StoredEvent[] = await store.readStream(stream, revision + 1, PAGE);
    for (const stored of page) {
      const { event } = parseEvent(stored);
      const { until, ends } = judge(event.data as Readonly<Record<string, unknown>>, event.type);
      if (Math.max(until, event.at) + LISTED >= now) return undefined;
      ended ||= ends;
    }
    revision = page.at(-1)?.revision ?? revision;
    if (page.length < PAGE) return ended ? { stream, revision } : undefined;
  }
}

function wordOf(stream: string): string {
  return stream.slice(0, Math.max(0, stream.indexOf("-")));
}
