import { parseEvent, type ReadEvent, type StoredEvent } from "@grantline/event-store";

/** A resource as an event names it. */
export interface ResourceReference {
  readonly id: string;
  /** Absent where only the id is known. */
  readonly uri?: string;
}

/** What the first event of a stream says of all that follow: a rotation names neither the client nor the person. */
export interface StreamOrigin {
  readonly clientId?: string;
  readonly subject?: string;
  readonly resources: readonly ResourceReference[];
}

/** A stored event on its way through a replay; its body is parsed when somebody asks. */
export class AuditEvent {
  readonly stored: StoredEvent;
  /** Set for streams that have one, once `Origins` has looked. */
  origin: StreamOrigin | undefined;
  /** URIs of resources its data names by id alone. */
  uris: ReadonlyMap<string, string> | undefined;
  /** `grant` for `grant-{id}`. */
  readonly word: string;
  #read: ReadEvent | undefined;

  constructor(stored: StoredEvent) {
    this.stored = stored;
    this.word = wordOf(stored.stream);
  }

  get read(): ReadEvent {
    return (this.#read ??= parseEvent(this.stored));
  }

  get data(): Readonly<Record<string, unknown>> {
    return this.read.event.data as Readonly<Record<string, unknown>>;
  }
}

export function wordOf(stream: string): string {
  return stream.slice(0, Math.max(0, stream.indexOf("-")));
}

/** The envelope's `at`, without parsing: members have a fixed order (`sealEvents`), and a quote inside a text is escaped. */
export function atOf({ body }: StoredEvent): string {
  const start = body.indexOf(',"at":"') + 7;
  const at = body.slice(start, start + 24);
  return start > 6 && at.endsWith("Z") ? at : (JSON.parse(body) as { readonly at: string }).at;
}

/** When the event was made ready for the log, by the id's own time (RFC 9562 §5.7); of another kind of id, `at`. */
export function recordedAtOf(stored: StoredEvent): string {
  const { id } = stored;
  if (id.length !== 36 || id[14] !== "7") return atOf(stored);
  return isoTime(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}

let lastMs = Number.NaN;
let lastText = "";

/** Events of one burst share their millisecond, and making the text costs more than keeping it. */
function isoTime(ms: number): string {
  if (ms !== lastMs) {
    lastText = new Date(ms).toISOString();
    lastMs = ms;
  }
  return lastText;
}
