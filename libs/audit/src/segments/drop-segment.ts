import { hash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { SegmentsOutcome } from "@grantline/domain/segments";
import type { CommandMeta } from "@grantline/event-store";
import { type Manifest, MANIFEST } from "../archive/manifest.ts";
import { verifyArchive } from "../archive/verify-archive.ts";
import type { Segments } from "../checkpoint/checkpoint-key.ts";
import type { NoteVerifier } from "../note/note.ts";
import type { AuditVerification } from "../verify/types.ts";

export interface DropOptions {
  readonly segments: Segments;
  readonly region: string;
  readonly verifier: NoteVerifier;
  /** UTC day. */
  readonly day: string;
  /** The archive that holds it. */
  readonly folder: string;
  /** GRANTLINE_AUDIT_RETENTION, seconds. */
  readonly retention: number;
  readonly clock: { now(): number };
  readonly meta: CommandMeta;
}

export type Dropped =
  | SegmentsOutcome
  /** The archive is not intact, or does not hold the whole day. */
  | { readonly kind: "unproven"; readonly verification?: AuditVerification };

/**
 * Records that a day past its retention, under no legal hold and in a verified archive may go (P13): from then on `verifyStore` takes the tree's word
 * for its events. The rows themselves stay until the store can forget them; see docs/adr/0013.
 */
export async function dropSegment({ segments, region, verifier, day, folder, retention, clock, meta }: DropOptions): Promise<Dropped> {
  const verification = await verifyArchive({ folder, verifier });
  if (verification.kind === "broken") return { kind: "unproven", verification };
  const text = await readFile(join(folder, MANIFEST), "utf8");
  const { segments: archived } = JSON.parse(text) as Manifest;
  const { state } = await segments.load(region, { fresh: true });
  const wanted = state.segments.find((segment) => segment.day === day);
  const holds = archived.some((segment) => segment.day === day && segment.root === wanted?.root && segment.first === wanted.first);
  if (wanted !== undefined && !holds) return { kind: "unproven" };
  const keptUntil = Date.parse(`${day}T00:00:00Z`) / 1_000 + 86_400 + retention;
  const archive = hash("sha256", text, "base64url");
  return (await segments.execute(region, { kind: "drop", now: clock.now(), day, archive, keptUntil }, meta)).outcome;
}
