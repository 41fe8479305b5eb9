import { readFileSync, existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { readCheckpointFolder, verifyArchive, verifyStore } from "@grantline/audit";
import type { Config } from "@grantline/config";
import { Command } from "commander";
import { everySecond } from "../every-second.ts";
import { CommandFailed } from "../failure.ts";
import { settingsOf } from "../settings.ts";
import type { Terminal } from "../terminal.ts";
import { openAuditPlace } from "./audit-place.ts";
import { tellVerification } from "./tell-verification.ts";
import { verifierKey } from "./verifier-key.ts";

interface VerifyOptions {
  readonly archive?: string;
  readonly checkpoints?: string;
  readonly key?: string;
  readonly json?: boolean;
}

export function verifyCommand(terminal: Terminal): Command {
  return new Command("verify")
    .description(
      "Recomputes every stream's chain and the Merkle tree from the store, or from an archive without any server, and holds them against every signed checkpoint. Names the first position that was altered, removed, inserted, moved or cut off; exit code 1 then.",
    )
    .option("--archive <folder>", "verify this archive instead of the store")
    .option("--checkpoints <folder>", "checkpoints that were taken off the box; else GRANTLINE_AUDIT_CHECKPOINT_DIR")
    .option("--key <vkey>", "verifier key, or a file that holds it; else the one beside the checkpoints")
    .option("--json", "as JSON")
    .action(async (options: VerifyOptions, command: Command) => {
      const progress = progressOf(terminal);
      const result =
        options.archive === undefined
          ? await online(settingsOf(command, terminal), options, terminal, progress.onEvent)
          : await offline(options.archive, options, terminal, progress.onEvent);
      tellVerification(result, progress.seconds(), options, terminal);
    });
}

export function progressOf({ error }: Pick<Terminal, "error">): { readonly onEvent: (events: number) => void; seconds(): number } {
  const startedMs = performance.now();
  const seconds = (): number => (performance.now() - startedMs) / 1_000;
  const show = everySecond((events: number) => error(`${events} events, ${Math.round(events / seconds())} events/s\n`));
  // The clock is not asked for every event
  return { onEvent: (events) => void (events % 5_000 === 0 && show(events)), seconds };
}

async function online(config: Config, options: VerifyOptions, terminal: Terminal, onEvent: (events: number) => void) {
  const checkpoints = options.checkpoints ?? config.audit.checkpointDir;
  const place = await openAuditPlace(config);
  try {
    const { region } = config.server;
    const { key } = (await place.segments(place.log.store).load(region)).state;
    const verifier = verifierKey({ given: options.key, checkpoints, itself: ["the log itself", key?.vkey] }, terminal.error);
    return await verifyStore({
      store: place.log.store,
      treeStore: place.treeStore,
      region,
      verifier,
      exported: await notesIn(checkpoints),
      // SQLite and PostgreSQL number events without a gap
      contiguous: config.storage.store !== "eventstoredb",
      onEvent,
    });
  } finally {
    await place.close();
  }
}

async function offline(folder: string, options: VerifyOptions, terminal: Terminal, onEvent: (events: number) => void) {
  if (!existsSync(join(folder, "manifest.note"))) throw new CommandFailed(`--archive: ${resolve(folder)} holds no finished archive.`);
  const own = join(folder, "checkpoint.vkey");
  const verifier = verifierKey(
    {
      given: options.key,
      checkpoints: options.checkpoints,
      itself: ["the archive itself", existsSync(own) ? readFileSync(own, "utf8") : undefined],
    },
    terminal.error,
  );
  return verifyArchive({ folder, verifier, exported: await notesIn(options.checkpoints), onEvent });
}

async function notesIn(folder: string | undefined): Promise<readonly string[]> {
  if (folder === undefined || !existsSync(folder)) return [];
  return (await readCheckpointFolder(folder)).notes;
}
