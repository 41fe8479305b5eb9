import { randomBytes } from "node:crypto";
import type { SegmentsCommand, SegmentsState } from "@grantline/domain/segments";
import { uuidV7 } from "@grantline/event-store";
import { Command } from "commander";
import { CommandFailed } from "../failure.ts";
import { settingsOf } from "../settings.ts";
import type { Terminal } from "../terminal.ts";
import { day } from "./archive.command.ts";
import { openAuditPlace, type AuditPlace } from "./audit-place.ts";

interface Place {
  readonly from: string;
  readonly until: string;
  readonly reason: string;
}

/** What the log says of its days. */
async function stateOf(
  command: Command,
  terminal: Terminal,
  use: (state: SegmentsState, place: AuditPlace, region: string) => Promise<void>,
): Promise<void> {
  const config = settingsOf(command, terminal);
  const { region } = config.server;
  const place = await openAuditPlace(config);
  try {
    await use((await place.segments(place.log.store).load(region, { fresh: true })).state, place, region);
  } finally {
    await place.close();
  }
}

/** Appends what the command decides. Throws CommandFailed when it is refused or nobody may write. */
async function decide({ log, segments }: AuditPlace, region: string, command: SegmentsCommand): Promise<void> {
  const done = await log.withWriter(async (store) => {
    const actor = { kind: "operator", id: `local-uid-${process.getuid?.() ?? "unknown"}` } as const;
    const { outcome } = await segments(store).execute(region, command, { correlationId: uuidV7(), actor });
    if (outcome.kind === "refused") throw new CommandFailed(`refused: ${outcome.reason}`, 1);
  });
  if (done === "no-writer")
    throw new CommandFailed(
      "A server runs alone on this data folder and lets nobody else write. Stop it, or run it with GRANTLINE_WORKERS of 2 or more.",
    );
}

export function holdCommand(terminal: Terminal): Command {
  const now = (): number => Math.floor(Date.now() / 1_000);
  const place = new Command("place")
    .description("Keeps closed days from being dropped, whatever the retention says. Prints the hold's id.")
    .requiredOption("--from <day>", "first UTC day", day)
    .requiredOption("--until <day>", "last UTC day", day)
    .requiredOption("--reason <text>", "why; stays in the log for good, so no personal data")
    .action((options: Place, command: Command) =>
      stateOf(command, terminal, async (_state, opened, region) => {
        const hold = `h-${randomBytes(6).toString("hex")}`;
        const { from: fromDay, until: untilDay, reason } = options;
        await decide(opened, region, { kind: "place-hold", now: now(), hold, fromDay, untilDay, reason });
        terminal.out(`${hold}\n`);
      }),
    );
  const lift = new Command("lift")
    .description("Ends a hold.")
    .argument("<hold>", "its id")
    .requiredOption("--reason <text>", "why")
    .action((hold: string, { reason }: { readonly reason: string }, command: Command) =>
      stateOf(command, terminal, async (_state, opened, region) => {
        await decide(opened, region, { kind: "lift-hold", now: now(), hold, reason });
        terminal.out(`${hold} lifted\n`);
      }),
    );
  const list = new Command("ls")
    .description("The holds that stand.")
    .option("--json", "as JSON")
    .action(({ json }: { readonly json?: boolean }, command: Command) =>
      stateOf(command, terminal, async ({ holds }) => {
        if (json === true)
          return terminal.out(
            `${JSON.stringify(
              holds.map(({ hold, fromDay, untilDay, reason, placedAt }) => ({
                hold,
                from: fromDay,
                until: untilDay,
                reason,
                placed_at: placedAt,
              })),
              undefined,
              2,
            )}\n`,
          );
        for (const { hold, fromDay, untilDay, reason } of holds) terminal.out(`${hold}  ${fromDay} to ${untilDay}  ${reason}\n`);
      }),
    );
  const hold = new Command("hold").description("Legal holds on days of the log");
  for (const command of [place, lift, list]) hold.addCommand(command);
  return hold;
}

export function daysCommand(terminal: Terminal): Command {
  return new Command("days")
    .description("The closed days of the log: events, root, and whether a day is held, due or dropped.")
    .option("--json", "as JSON")
    .action(({ json }: { readonly json?: boolean }, command: Command) =>
      stateOf(command, terminal, async ({ segments, holds }) => {
        const { retention } = settingsOf(command, terminal).audit;
        const rows = segments.map((segment) => ({
          day: segment.day,
          events: segment.end - segment.first,
          root: segment.root,
          status: statusOf(segment, holds, retention),
        }));
        if (json === true) return terminal.out(`${JSON.stringify(rows, undefined, 2)}\n`);
        for (const { day: of, events, root, status } of rows)
          terminal.out(`${of}  ${String(events).padStart(9)} events  ${status.padEnd(7)}  ${root}\n`);
      }),
    );
}

function statusOf({ day: of, archive }: SegmentsState["segments"][number], holds: SegmentsState["holds"], retention: number): string {
  if (archive !== undefined) return "dropped";
  if (holds.some(({ fromDay, untilDay }) => fromDay <= of && of <= untilDay)) return "held";
  return Date.now() / 1_000 >= Date.parse(of) / 1_000 + 86_400 + retention ? "due" : "kept";
}
