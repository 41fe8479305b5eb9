import { randomBytes } from "node:crypto";
import { dayStatus } from "@grantline/audit";
import type { SegmentsCommand, SegmentsState } from "@grantline/domain/segments";
import { uuidV7 } from "@grantline/event-store";
import { Command } from "commander";
import { postToAdminApi, type AdminOptions } from "../admin/admin-api.ts";
import { CommandFailed } from "../failure.ts";
import { settingsOf } from "../settings.ts";
import { json } from "../show.ts";
import type { Terminal } from "../terminal.ts";
import { day } from "./archive.command.ts";
import { openAuditPlace, type AuditPlace } from "./audit-place.ts";
import { localOperator } from "./audit-session.ts";
import { NO_WRITER } from "./no-writer.ts";

interface Place {
  readonly json?: boolean;
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

interface Asked {
  readonly decided: SegmentsCommand;
  /** The same over HTTP, for a server that lets nobody else write. */
  readonly path: string;
  readonly body: object;
}

/** Appends what the command decides, or has the running server do it. Answers the hold's id. Throws CommandFailed when it is refused or nobody may write. */
async function decide({ log, segments }: AuditPlace, region: string, asked: Asked, command: Command, terminal: Terminal): Promise<string> {
  const done = await log.withWriter(async (store) => {
    const { outcome } = await segments(store).execute(region, asked.decided, { correlationId: uuidV7(), actor: localOperator() });
    if (outcome.kind === "refused") throw new CommandFailed(`refused: ${outcome.reason}`, 1);
  });
  if (done === "done") return "hold" in asked.decided ? asked.decided.hold : "";
  const { adminSecretFile } = command.opts<AdminOptions>();
  if (adminSecretFile === undefined && settingsOf(command, terminal).people.adminSecret === undefined)
    throw new CommandFailed(`${NO_WRITER} Or give GRANTLINE_ADMIN_SECRET, and the server itself is asked.`);
  return String((await postToAdminApi(command, terminal, `/audit/v1${asked.path}`, asked.body))["hold"]);
}

function withServerOptions(command: Command): Command {
  return command
    .option("--issuer <url>", "issuer of a running server that lets nobody else write; else the one of the settings")
    .option("--admin-secret-file <file>", "file with the secret of grantline-admin for it; else GRANTLINE_ADMIN_SECRET")
    .option("--json", "as JSON");
}

export function holdCommand(terminal: Terminal): Command {
  const now = (): number => Math.floor(Date.now() / 1_000);
  const place = withServerOptions(
    new Command("place")
      .description("Keeps closed days from being dropped, whatever the retention says. Prints the hold's id.")
      .requiredOption("--from <day>", "first UTC day", day)
      .requiredOption("--until <day>", "last UTC day", day)
      .requiredOption("--reason <text>", "why; stays in the log for good, so no personal data"),
  ).action((options: Place, command: Command) =>
    stateOf(command, terminal, async (_state, opened, region) => {
      const hold = `h-${randomBytes(6).toString("hex")}`;
      const { from: fromDay, until: untilDay, reason } = options;
      const body = { from_day: fromDay, until_day: untilDay, reason };
      const decided = { kind: "place-hold", now: now(), hold, fromDay, untilDay, reason } as const;
      const placed = await decide(opened, region, { decided, path: "/holds", body }, command, terminal);
      terminal.out(options.json === true ? json({ hold: placed, ...body }) : `${placed}\n`);
    }),
  );
  const lift = withServerOptions(
    new Command("lift").description("Ends a hold.").argument("<hold>", "its id").requiredOption("--reason <text>", "why"),
  ).action((hold: string, { reason, json: asJson }: { readonly reason: string; readonly json?: boolean }, command: Command) =>
    stateOf(command, terminal, async (_state, opened, region) => {
      const path = `/holds/${encodeURIComponent(hold)}/lift`;
      await decide(opened, region, { decided: { kind: "lift-hold", now: now(), hold, reason }, path, body: { reason } }, command, terminal);
      terminal.out(asJson === true ? json({ hold, lifted: true }) : `${hold} lifted\n`);
    }),
  );
  const list = new Command("ls")
    .description("The holds that stand.")
    .option("--json", "as JSON")
    .action(({ json: asJson }: { readonly json?: boolean }, command: Command) =>
      stateOf(command, terminal, async ({ holds }) => {
        if (asJson === true)
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
    .action(({ json: asJson }: { readonly json?: boolean }, command: Command) =>
      stateOf(command, terminal, async ({ segments, holds }) => {
        const { retention } = settingsOf(command, terminal).audit;
        const rows = segments.map((segment) => ({
          day: segment.day,
          events: segment.end - segment.first,
          root: segment.root,
          status: dayStatus(segment, holds, retention, Date.now() / 1_000),
        }));
        if (asJson === true) return terminal.out(json(rows));
        for (const { day: of, events, root, status } of rows)
          terminal.out(`${of}  ${String(events).padStart(9)} events  ${status.padEnd(7)}  ${root}\n`);
      }),
    );
}
