import { archiveLog, ArchiveRefused, recordedSegments } from "@grantline/audit";
import { Command, InvalidArgumentError } from "commander";
import { CommandFailed } from "../failure.ts";
import { settingsOf } from "../settings.ts";
import type { Terminal } from "../terminal.ts";
import { openAuditPlace } from "./audit-place.ts";
import { progressOf } from "./verify.command.ts";

interface ArchiveOptions {
  readonly to: string;
  readonly from?: string;
  readonly until?: string;
  readonly json?: boolean;
}

export function archiveCommand(terminal: Terminal): Command {
  return new Command("archive")
    .description(
      "Writes sealed events byte for byte, with all that `audit verify --archive` needs to verify them without the server, and a signed manifest.",
    )
    .requiredOption("--to <folder>", "a new or empty folder")
    .option("--from <day>", "first closed UTC day (yyyy-mm-dd); else from the first event", day)
    .option("--until <day>", "last closed UTC day; else up to the last checkpoint", day)
    .option("--json", "as JSON")
    .action(async (options: ArchiveOptions, command: Command) => {
      const config = settingsOf(command, terminal);
      const place = await openAuditPlace(config);
      try {
        const { manifest, digest } = await archiveLog({
          store: place.log.store,
          treeStore: place.treeStore,
          signer: await place.signer(),
          segments: await recordedSegments(place.log.store, config.server.region),
          folder: options.to,
          ...(options.from === undefined ? {} : { fromDay: options.from }),
          ...(options.until === undefined ? {} : { untilDay: options.until }),
          clock: place.clock,
          onEvent: progressOf(terminal).onEvent,
        });
        const { events, from, upTo, first, end } = manifest;
        if (options.json === true)
          terminal.out(
            `${JSON.stringify({ events, from, up_to: upTo, first_leaf: first, end_leaf: end, manifest_sha256: digest }, undefined, 2)}\n`,
          );
        else terminal.out(`archived: ${events} events, positions ${from} to ${upTo}, leaves ${first} to ${end - 1}, in ${options.to}\n`);
      } catch (error) {
        throw error instanceof ArchiveRefused ? new CommandFailed(error.message) : error;
      } finally {
        await place.close();
      }
    });
}

/** A UTC day. */
export function day(value: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value))) return value;
  throw new InvalidArgumentError("Give a day as yyyy-mm-dd.");
}
