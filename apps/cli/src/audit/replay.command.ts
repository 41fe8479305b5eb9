import { rename, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { describeQuery, exportEvents, FORMATS, formatOf, type AuditExport, type ReplayProgress } from "@grantline/audit";
import { START } from "@grantline/event-store";
import { Command } from "commander";
import { everySecond } from "../every-second.ts";
import { CommandFailed } from "../failure.ts";
import { release } from "../release.ts";
import type { Terminal } from "../terminal.ts";
import { auditSession } from "./audit-session.ts";
import { position, queryOf, withFilters } from "./filter-options.ts";
import { openSink } from "./sink.ts";

interface ReplayOptions {
  readonly format: string;
  readonly out: string;
  readonly after?: string;
  readonly head?: string;
  readonly append?: true;
  readonly manifest?: true;
}

export function replayCommand(terminal: Terminal): Command {
  const command = new Command("replay")
    .description(
      "Writes the log, or the part of it that the filters ask for, as a file. The same query at the same head gives the same bytes.",
    )
    .option("--format <format>", `one of ${Object.keys(FORMATS).join(", ")}`, "jsonl")
    .option("--out <file>", "where to; - is standard output", "-")
    .option("--after <position>", "go on after this position: a download that broke off continues", position)
    .option("--append", "add to the file instead of beginning it anew")
    .option("--head <position>", "as the log stood at this position; else as it stands now", position)
    .option("--manifest", "also write FILE.manifest.json: query, positions, count, SHA-256, signature");
  return withFilters(command).action((options: ReplayOptions, self: Command) => run(options, self, terminal));
}

async function run(options: ReplayOptions, command: Command, terminal: Terminal): Promise<void> {
  const { out, after = START, append = false } = options;
  const format = formatOf(options.format);
  const query = queryOf(options as unknown as Readonly<Record<string, unknown>>);
  if (options.manifest === true && out === "-") throw new CommandFailed("--manifest: needs --out FILE beside which to write it.");
  if (append && format.id === "parquet")
    throw new CommandFailed("--append: a Parquet file can't be added to; write the rest to a file of its own.");
  await auditSession(command, terminal, async ({ store, record, vouchers, signer: signerOf }) => {
    const signer = options.manifest === true ? await signerOf() : undefined;
    const progress = everySecond((now: ReplayProgress) =>
      terminal.error(`${now.events} events, position ${now.position} of ${now.head}\n`),
    );
    const started = await exportEvents(store, query, format, {
      version: release(),
      after,
      onProgress: progress,
      checkpointAt: vouchers.checkpointAt,
      ...(signer === undefined ? {} : { signer }),
      ...(options.head === undefined ? {} : { head: options.head }),
    });
    await record({ what: "replay", query: describeQuery(query), from: after, to: started.head, format: format.id });
    const startedMs = performance.now();
    await writePieces(started, out, append);
    const { count } = await finish(started, options);
    terminal.error(
      `${count} events, positions after ${after} up to ${started.head}, ${((performance.now() - startedMs) / 1_000).toFixed(1)} s\n`,
    );
  });
}

async function writePieces(started: AuditExport, out: string, append: boolean): Promise<void> {
  const sink = await openSink(out, append);
  for await (const piece of started.pieces) await sink.write(piece);
  await sink.close();
}

async function finish(started: AuditExport, { out, manifest: wanted }: ReplayOptions): Promise<{ readonly count: number }> {
  const manifest = await started.manifest(out === "-" ? "-" : basename(out));
  if (wanted !== true) return manifest;
  const file = `${out}.manifest.json`;
  await writeFile(`${file}.new`, `${JSON.stringify(manifest, undefined, 2)}\n`);
  await rename(`${file}.new`, file);
  return manifest;
}
