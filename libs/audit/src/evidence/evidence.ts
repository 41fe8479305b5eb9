import type { EventStore, Position } from "@grantline/event-store";
import { jsonLines } from "../export/json-lines.ts";
import type { AuditEvent } from "../replay/audit-event.ts";
import { outcomeOf } from "../replay/outcome.ts";
import { replay, type ReplayOptions } from "../replay/replay.ts";
import { createRevocations } from "./revocations.ts";
import { SECTIONS } from "./sections.ts";

export interface EvidenceOptions extends Pick<ReplayOptions, "head" | "onProgress"> {
  /** ISO 8601 UTC with milliseconds; `until` exclusive. */
  readonly since: string;
  readonly until: string;
  /** Recomputes the whole log and says what it found. */
  readonly verify?: () => Promise<object>;
}

/** A piece of a file of the bundle. */
export interface BundlePiece {
  readonly file: string;
  readonly text: string;
}

/** What an auditor gets of a period, file by file; the pieces of a file come in order, those of different files in between. */
export async function gatherEvidence(
  store: EventStore,
  options: EvidenceOptions,
): Promise<{ readonly head: Position; readonly pieces: AsyncIterable<BundlePiece> }> {
  const { since, until } = options;
  const { head, pages } = await replay(store, { since, until }, { ...options, withOrigins: true });
  return { head, pieces: piecesOf(pages, head, options) };
}

async function* piecesOf(
  pages: AsyncIterable<readonly AuditEvent[]>,
  head: Position,
  options: EvidenceOptions,
): AsyncGenerator<BundlePiece> {
  const counts = createCounts();
  const revocations = createRevocations();
  for (const { file } of SECTIONS) yield { file, text: "" };
  for await (const page of pages) {
    for (const event of page) {
      counts.see(event);
      revocations.see(event);
    }
    for (const { file, holds } of SECTIONS) {
      const held = page.filter(holds);
      if (held.length > 0) yield* linesOf(file, held);
    }
  }
  const records = revocations.records();
  yield { file: "revocations.jsonl", text: records.map((each) => `${JSON.stringify(each)}\n`).join("") };
  const chain = await options.verify?.();
  if (chain !== undefined) yield { file: "chain.json", text: pretty(chain) };
  yield { file: "summary.json", text: pretty(summaryOf(head, options, counts, records.length)) };
}

async function* linesOf(file: string, events: readonly AuditEvent[]): AsyncGenerator<BundlePiece> {
  async function* one(): AsyncGenerator<readonly AuditEvent[]> {
    yield events;
  }
  for await (const text of jsonLines.write(one(), { continued: false })) yield { file, text: String(text) };
}

function createCounts() {
  const byType: Record<string, number> = {};
  const byOutcome = { accepted: 0, refused: 0 };
  const place = { first: undefined as Position | undefined, last: undefined as Position | undefined };
  return {
    byType,
    byOutcome,
    place,
    see({ stored: { type, position } }: AuditEvent): void {
      byType[type] = (byType[type] ?? 0) + 1;
      byOutcome[outcomeOf(type)] += 1;
      place.first ??= position;
      place.last = position;
    },
  };
}

function summaryOf(
  head: Position,
  { since, until }: EvidenceOptions,
  { byType, byOutcome, place }: ReturnType<typeof createCounts>,
  revocations: number,
): object {
  return {
    period: { since, until },
    head,
    ...place,
    events: byOutcome.accepted + byOutcome.refused,
    by_outcome: byOutcome,
    by_type: Object.fromEntries(Object.entries(byType).toSorted(([one], [other]) => (one < other ? -1 : 1))),
    revocations,
    files: Object.fromEntries([
      ...SECTIONS.map(({ file, answers }) => [file, answers]),
      ["revocations.jsonl", "Every act that took access away, and how long it took."],
      ["chain.json", "The log recomputed: is anything altered, removed, inserted or reordered?"],
    ]),
  };
}

function pretty(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
