import { readFile } from "node:fs/promises";
import { hash } from "node:crypto";
import { join } from "node:path";
import type { SegmentsState } from "@grantline/domain/segments";
import type { CommandMeta, EventStore } from "@grantline/event-store";
import { type Manifest, MANIFEST } from "../archive/manifest.ts";
import { verifyArchive } from "../archive/verify-archive.ts";
import type { Segments } from "../checkpoint/checkpoint-key.ts";
import type { NoteSigner } from "../note/note.ts";
import type { TreeStore } from "../tree/port.ts";
import { createTreeReader } from "../tree/tiles.ts";
import { recordedSegments } from "../verify/online.ts";
import type { AuditVerification } from "../verify/types.ts";
import { isHeld } from "./day-status.ts";
import { signDropped } from "./dropped-rows.ts";
import { keptUntil } from "./kept-until.ts";
import { planDrop, type PlannedDay } from "./plan-drop.ts";

export interface DropOptions {
  readonly store: EventStore;
  readonly treeStore: TreeStore;
  /** `runtime.repository(segmentsDecider)`. */
  readonly segments: Segments;
  readonly region: string;
  readonly signer: NoteSigner;
  /** The archive that holds the days; without it only days dropped before are gone through again. */
  readonly folder?: string;
  /** GRANTLINE_AUDIT_RETENTION, seconds. */
  readonly retention: number;
  readonly clock: { /** Epoch seconds. */ now(): number };
  readonly meta: CommandMeta;
  /** Says what would go, and changes nothing. */
  readonly dryRun?: boolean;
}

export interface DroppedDay {
  readonly day: string;
  /** Events of the day that go now. */
  readonly events: number;
  /** Events of the day that stay, because their streams live. */
  readonly kept: number;
}

export type Dropped =
  | {
      readonly kind: "dropped";
      readonly days: readonly DroppedDay[];
      readonly streams: number;
      /** Rows the store has forgotten; with `dryRun`, would forget. */
      readonly events: number;
      /** Closed days that stay whole. */
      readonly kept: readonly { readonly day: string; readonly why: "retained" | "held" | "not-archived" }[];
    }
  /** The archive is not intact. */
  | { readonly kind: "unproven"; readonly verification: AuditVerification }
  /** The store can't forget rows. */
  | { readonly kind: "unsupported" };

/** Streams of one call of the store. */
const AT_ONCE = 500;

/**
 * Lets the store forget days that are past their retention, under no legal hold and in a verified archive (P13): those of their streams that are over and lie
 * wholly in such days. First the log says, signed, which leaves go; then they go. Broken off between the two it may be run again.
 */
export async function dropDays(options: DropOptions): Promise<Dropped> {
  const { store, segments, region, signer, clock, dryRun = false } = options;
  if (store.dropStreams === undefined) return { kind: "unsupported" };
  const archived = options.folder === undefined ? undefined : await archivedDays(options.folder, signer);
  if (archived !== undefined && "kind" in archived) return archived;
  const { state } = await segments.load(region, { fresh: true });
  const { droppable, kept } = sortDays(state, archived?.holds ?? (() => false), options);
  const plan = await planDrop({
    store,
    reader: createTreeReader(options.treeStore),
    droppable,
    segments: await recordedSegments(store, region),
    now: clock.now(),
  });
  if (!dryRun) for (const day of plan.days) await record(options, day, archived?.digest ?? "");
  let events = plan.days.reduce((sum, { added }) => sum + added, 0);
  if (!dryRun) {
    events = 0;
    for (let from = 0; from < plan.streams.length; from += AT_ONCE)
      events += await store.dropStreams(plan.streams.slice(from, from + AT_ONCE));
  }
  const days = plan.days.map(({ segment, added, count }) => ({
    day: segment.day,
    events: added,
    kept: segment.end - segment.first - count,
  }));
  return { kind: "dropped", days, streams: plan.streams.length, events, kept };
}

interface Archived {
  readonly digest: string;
  holds(segment: SegmentsState["segments"][number]): boolean;
}

async function archivedDays(folder: string, { verifier }: NoteSigner): Promise<Archived | Extract<Dropped, { kind: "unproven" }>> {
  const verification = await verifyArchive({ folder, verifier });
  if (verification.kind === "broken") return { kind: "unproven", verification };
  const text = await readFile(join(folder, MANIFEST), "utf8");
  const { segments } = JSON.parse(text) as Manifest;
  return {
    digest: hash("sha256", text, "base64url"),
    holds: ({ day, root, first }) => segments.some((one) => one.day === day && one.root === root && one.first === first),
  };
}

function sortDays({ segments, holds }: SegmentsState, isArchived: Archived["holds"], { retention, clock }: DropOptions) {
  const droppable = new Set<string>();
  const kept: { day: string; why: "retained" | "held" | "not-archived" }[] = [];
  for (const segment of segments) {
    const { day, archive } = segment;
    if (clock.now() < keptUntil(day, retention)) kept.push({ day, why: "retained" });
    else if (isHeld(day, holds)) kept.push({ day, why: "held" });
    else if (archive === undefined && !isArchived(segment)) kept.push({ day, why: "not-archived" });
    else droppable.add(day);
  }
  return { droppable, kept };
}

async function record(options: DropOptions, { segment, gone, count, added }: PlannedDay, digest: string): Promise<void> {
  const { segments, region, signer, clock, retention, meta } = options;
  // Said already, by a drop that was broken off
  if (added === 0) return;
  const { day } = segment;
  const rows = { archive: segment.dropped?.archive ?? digest, gone, count };
  const note = signDropped(segment, rows, signer);
  const command = {
    kind: "drop",
    now: clock.now(),
    day,
    keptUntil: keptUntil(day, retention),
    before: count - added,
    ...rows,
    note,
  } as const;
  const { outcome } = await segments.execute(region, command, meta);
  // A hold placed this very moment, or another drop that was faster
  if (outcome.kind !== "done")
    throw new Error(`the day ${day} was not dropped: ${outcome.kind === "refused" ? outcome.reason : outcome.kind}`);
}
