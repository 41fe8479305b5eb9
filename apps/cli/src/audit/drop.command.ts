import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { dropDays, verifyStore, type Dropped } from "@grantline/audit";
import type { Config } from "@grantline/config";
import { uuidV7 } from "@grantline/event-store";
import { Command } from "commander";
import { CommandFailed } from "../failure.ts";
import { settingsOf } from "../settings.ts";
import type { Terminal } from "../terminal.ts";
import { openAuditPlace, type AuditPlace } from "./audit-place.ts";
import { localOperator } from "./audit-session.ts";
import { NO_WRITER } from "./no-writer.ts";
import { tellVerification } from "./tell-verification.ts";
import { progressOf } from "./verify.command.ts";

interface DropOptions {
  readonly archive?: string;
  readonly dryRun?: true;
  readonly json?: true;
}

export function dropCommand(terminal: Terminal): Command {
  return new Command("drop")
    .description(
      "Lets the store forget closed days that are past their retention, under no legal hold and in an intact archive: those streams of them that are over (tokens without a grant, ended grants, counts of failures, readings). What lives stays. The whole log is verified first.",
    )
    .option("--archive <folder>", "the archive that holds the days; without it only days dropped before are gone through again")
    .option("--dry-run", "say what would go, and change nothing")
    .option("--json", "as JSON")
    .action(async (options: DropOptions, command: Command) => {
      const config = settingsOf(command, terminal);
      if (options.archive !== undefined && !existsSync(join(options.archive, "manifest.note")))
        throw new CommandFailed(`--archive: ${resolve(options.archive)} holds no finished archive.`);
      const place = await openAuditPlace(config);
      try {
        tell(await drop(config, place, options, terminal), options, terminal);
      } finally {
        await place.close();
      }
    });
}

async function drop(config: Config, place: AuditPlace, options: DropOptions, terminal: Terminal): Promise<Dropped> {
  const signer = await place.signer();
  const { region } = config.server;
  // From a log that is broken nothing may go: it may be what proves who broke it
  const contiguous = config.storage.store !== "eventstoredb";
  const { onEvent, seconds } = progressOf(terminal);
  const { verifier } = signer;
  const found = await verifyStore({ store: place.log.store, treeStore: place.treeStore, region, verifier, contiguous, onEvent });
  if (found.kind === "broken") tellVerification(found, seconds(), {}, terminal);
  let dropped: Dropped | undefined;
  const done = await place.log.withWriter(async (store) => {
    dropped = await dropDays({
      store,
      treeStore: place.treeStore,
      segments: place.segments(store),
      region,
      signer,
      ...(options.archive === undefined ? {} : { folder: options.archive }),
      retention: config.audit.retention,
      clock: place.clock,
      meta: { correlationId: uuidV7(), actor: localOperator() },
      dryRun: options.dryRun === true,
    });
  });
  if (done === "no-writer" || dropped === undefined) throw new CommandFailed(NO_WRITER);
  return dropped;
}

function tell(dropped: Dropped, { json, dryRun }: DropOptions, terminal: Terminal): void {
  if (dropped.kind === "unsupported") throw new CommandFailed("This event store forgets nothing; scavenge it by its own means.");
  if (dropped.kind === "unproven") return tellVerification(dropped.verification, 0, {}, terminal);
  if (json === true) return terminal.out(`${JSON.stringify({ dry_run: dryRun === true, ...dropped, kind: undefined }, undefined, 2)}\n`);
  const verb = dryRun === true ? "would go" : "gone";
  for (const { day, events, kept } of dropped.days) terminal.out(`${day}  ${events} events ${verb}, ${kept} stay with streams that live\n`);
  for (const { day, why } of dropped.kept) if (why !== "retained") terminal.out(`${day}  stays: ${WHY[why]}\n`);
  terminal.out(`${verb}: ${dropped.events} events in ${dropped.streams} streams\n`);
}

const WHY = { held: "a legal hold covers it", "not-archived": "it is not in the archive given" } as const;
