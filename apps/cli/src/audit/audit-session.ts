import {
  createAuditLog,
  manifestSignerOf,
  parseVerifierKey,
  verifyStore,
  vouchersOf,
  type ManifestSigner,
  type Moment,
  type Vouchers,
} from "@grantline/audit";
import type { AuditRead } from "@grantline/domain/audit";
import { START, uuidV7, type EventStore } from "@grantline/event-store";
import type { Command } from "commander";
import { CommandFailed } from "../failure.ts";
import type { OpenLog } from "../open-log.ts";
import { settingsOf } from "../settings.ts";
import type { Terminal } from "../terminal.ts";
import { openAuditPlace, type AuditPlace } from "./audit-place.ts";

/** What an audit command works with. */
export interface AuditSession {
  readonly store: EventStore;
  readonly vouchers: Vouchers;
  readonly nowMs: number;
  /** Records that the log is read, or says on standard error that it could not. */
  record(read: AuditRead["data"]): Promise<void>;
  /** The checkpoint key; undefined, and said on standard error, where it can't be used here. */
  signer(): Promise<ManifestSigner | undefined>;
  /** Recomputes the log, and the tree where it has been signed. */
  verify(): Promise<object>;
}

/** Opens the log, runs the command, closes it. What can't be understood becomes one line. */
export async function auditSession(command: Command, terminal: Terminal, use: (session: AuditSession) => Promise<void>): Promise<void> {
  const config = settingsOf(command, terminal);
  const place = await openAuditPlace(config);
  const { log } = place;
  const nowMs = Date.now();
  try {
    await use({
      store: log.store,
      vouchers: vouchersOf(place.treeStore),
      nowMs,
      signer: () => signerOf(place, terminal),
      verify: () => verified(place, config.server.region, config.storage.store !== "eventstoredb"),
      record: (read) => recordRead(log, read, config.server.region, terminal),
    });
  } finally {
    await place.close();
  }
}

async function signerOf(place: AuditPlace, { error }: Pick<Terminal, "error">): Promise<ManifestSigner | undefined> {
  try {
    return manifestSignerOf(await place.signer());
  } catch (reason) {
    if (!(reason instanceof CommandFailed)) throw reason;
    error(`The manifest is not signed. ${reason.message}\n`);
    return undefined;
  }
}

async function verified({ log, treeStore, segments }: AuditPlace, region: string, contiguous: boolean): Promise<object> {
  const { key } = (await segments(log.store).load(region)).state;
  const verifier = key === undefined ? undefined : parseVerifierKey(key.vkey);
  if (verifier !== undefined) return verifyStore({ store: log.store, treeStore, region, verifier, exported: [], contiguous });
  return (
    (await log.verify?.(START)) ?? {
      kind: "unsigned",
      about: "No checkpoint key was made yet, and this store is not gone through without.",
    }
  );
}

async function recordRead(log: OpenLog, read: AuditRead["data"], region: string, { error }: Pick<Terminal, "error">): Promise<void> {
  const done = await log.withWriter(async (store) => {
    const clock = { now: () => Math.floor(Date.now() / 1_000) };
    await createAuditLog({ store, clock, region, service: "cli" }).record(read, { correlationId: uuidV7(), actor: localOperator() });
  });
  if (done === "no-writer")
    error("This reading is not recorded: a server runs on the data folder. Over HTTP, below /audit/v1, it would be.\n");
}

/** Whoever may read the files: by number, since a name is personal. */
export function localOperator(): { readonly kind: "operator"; readonly id: string } {
  return { kind: "operator", id: `local-uid-${process.getuid?.() ?? "unknown"}` };
}

/** Positions and times as the recording has them. */
export function recordedMoment({ position, time }: Moment): string {
  return `${position} (${time})`;
}

export function whole(name: string, value: string, most: number): number {
  const number = Number(value);
  if (/^[1-9]\d{0,8}$/.test(value) && number <= most) return number;
  throw new CommandFailed(`${name}: give a whole number from 1 to ${most}.`);
}
