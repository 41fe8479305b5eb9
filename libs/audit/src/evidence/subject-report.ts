import { definitionsOf } from "@grantline/domain/catalogue";
import { parseEvent, type EventStore } from "@grantline/event-store";
import { atOf, type AuditEvent } from "../replay/audit-event.ts";
import { factsOf } from "../replay/facts.ts";
import { replay } from "../replay/replay.ts";
import { foldState } from "../state/state-at.ts";
import { viewOf } from "../state/view.ts";
import type { Moment } from "../state/moment.ts";
import type { BundlePiece } from "./evidence.ts";

/** What stands where a sealed value was: it can be opened while the person's key lives, and by nobody after. */
export type SealedMark = "[sealed]" | "[erased]";

/** Everything the log holds about one person, for that person. Throws RangeError when it holds nothing. */
export async function reportOnSubject(store: EventStore, subject: string, moment: Moment): Promise<AsyncIterable<BundlePiece>> {
  const own = await store.readStream(`subject-${subject}`);
  if (own.length === 0) throw new RangeError(`The log knows no subject ${subject}.`);
  const mark: SealedMark = own.some(({ type }) => type === "SubjectErased") ? "[erased]" : "[sealed]";
  return piecesOf(store, subject, moment, mark);
}

async function* piecesOf(store: EventStore, subject: string, moment: Moment, mark: SealedMark): AsyncGenerator<BundlePiece> {
  const { pages } = await replay(store, { subject }, { head: moment.position });
  const counts: Record<string, number> = {};
  const clients = new Set<string>();
  yield { file: "events.jsonl", text: "" };
  for await (const page of pages) {
    for (const event of page) {
      counts[event.stored.type] = (counts[event.stored.type] ?? 0) + 1;
      const { clientId } = factsOf(event);
      if (clientId !== undefined) clients.add(clientId);
    }
    yield { file: "events.jsonl", text: page.map((event) => `${JSON.stringify(shown(event, mark))}\n`).join("") };
  }
  const { access, consents, subjects } = viewOf(await foldState(store, moment, { subject }), { ended: true });
  const report = {
    subject,
    position: moment.position,
    time: moment.time,
    status: subjects[0]?.status,
    personal_data: mark === "[erased]" ? "erased: the key was destroyed, nobody can read it any more" : "sealed under the person's own key",
    clients: [...clients].toSorted(),
    consents,
    access,
    events: counts,
  };
  yield { file: "report.json", text: `${JSON.stringify(report, undefined, 2)}\n` };
}

/** The event with its sealed values marked. */
function shown({ stored }: AuditEvent, mark: SealedMark): object {
  const { meta, event } = parseEvent(stored);
  const fields = definitionsOf(stored.stream)?.[stored.type]?.fields ?? {};
  const data = Object.fromEntries(
    Object.entries(event.data as Readonly<Record<string, unknown>>).map(([name, value]) => [
      name,
      fields[name]?.kind === "sealed" ? mark : value,
    ]),
  );
  const { ip, userAgent, ...rest } = meta;
  return {
    position: stored.position,
    stream: stored.stream,
    revision: stored.revision,
    type: stored.type,
    at: atOf(stored),
    data,
    // sealed under a key of the day, which ends by itself
    meta: { ...rest, ...(ip === undefined ? {} : { ip: "[sealed]" }), ...(userAgent === undefined ? {} : { userAgent: "[sealed]" }) },
  };
}
