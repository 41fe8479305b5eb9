import {
  diffOf,
  foldState,
  momentNow,
  momentOf,
  viewOf,
  type AccessEntry,
  type Moment,
  type StateDiff,
  type StateQuery,
  type StateView,
} from "@grantline/audit";
import { START, type EventStore } from "@grantline/event-store";
import { Command } from "commander";
import { everySecond } from "../every-second.ts";
import type { Terminal } from "../terminal.ts";
import { auditSession, recordedMoment } from "./audit-session.ts";

interface Whom extends StateQuery {
  readonly json?: true;
}
interface StateOptions extends Whom {
  readonly at?: string;
  readonly ended?: true;
}
interface DiffOptions extends Whom {
  readonly from: string;
  readonly to?: string;
}

export function stateCommand(terminal: Terminal): Command {
  return withWhom(
    new Command("state")
      .description("Who could do what at a moment, on whose consent, and the events that explain it.")
      .option("--at <moment>", "a position, or a time (a day means its beginning, UTC); else now")
      .option("--ended", "also what could not be used any more, with the reason"),
  ).action((options: StateOptions, command: Command) =>
    auditSession(command, terminal, async ({ store, record, nowMs }) => {
      const moment = await momentFrom(store, options.at, nowMs);
      const query = whom(options);
      await record({ what: "state", query: { ...query, at: recordedMoment(moment) }, from: START, to: moment.position });
      const view = viewOf(await foldState(store, moment, query, progressTo(terminal)), { ended: options.ended === true });
      terminal.out(options.json === true ? `${JSON.stringify(view, undefined, 2)}\n` : shownState(view));
    }),
  );
}

export function diffCommand(terminal: Terminal): Command {
  return withWhom(
    new Command("diff")
      .description("What changed of who could do what between two moments.")
      .requiredOption("--from <moment>", "a position or a time")
      .option("--to <moment>", "a position or a time; else now"),
  ).action((options: DiffOptions, command: Command) =>
    auditSession(command, terminal, async ({ store, record, nowMs }) => {
      const [from, to] = [await momentFrom(store, options.from, nowMs), await momentFrom(store, options.to, nowMs)];
      const query = whom(options);
      await record({
        what: "diff",
        query: { ...query, from: recordedMoment(from), to: recordedMoment(to) },
        from: from.position,
        to: to.position,
      });
      const [before, after] = [
        await foldState(store, from, query, progressTo(terminal)),
        await foldState(store, to, query, progressTo(terminal)),
      ];
      const diff = diffOf(viewOf(before, { ended: true }), viewOf(after, { ended: true }));
      terminal.out(options.json === true ? `${JSON.stringify(diff, undefined, 2)}\n` : shownDiff(diff));
    }),
  );
}

function withWhom(command: Command): Command {
  return command
    .option("--subject <id>", "of this person (pseudonym)")
    .option("--client <id>", "of this client")
    .option("--resource <uri>", "of this resource, by URI or id")
    .option("--json", "as JSON");
}

function whom({ subject, client, resource }: StateQuery): StateQuery & Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries({ subject, client, resource }).filter(([, value]) => value !== undefined)) as StateQuery &
    Readonly<Record<string, string>>;
}

function momentFrom(store: EventStore, at: string | undefined, nowMs: number): Promise<Moment> {
  return at === undefined ? momentNow(store, Math.floor(nowMs / 1_000)) : momentOf(store, at);
}

function progressTo({ error }: Pick<Terminal, "error">): (progress: { readonly position: string; readonly head: string }) => void {
  return everySecond(({ position, head }) => error(`position ${position} of ${head}\n`));
}

function shownState({ position, time, access, resources, clients, subjects }: StateView): string {
  const head = `at position ${position}, ${time}: ${access.length} ways of access, ${clients.length} clients, ${resources.length} resources, ${subjects.length} people\n`;
  return head + access.map(shownEntry).join("");
}

function shownEntry(entry: AccessEntry): string {
  const { kind, id, subject, client, entity, since, until, consent, because, could, why } = entry;
  const who = subject === undefined ? `${entity}, for itself` : `${entity} ${subject}`;
  const lines = [
    `${could ? "could" : `could not (${why ?? ""})`}  ${who} through ${client.name === undefined ? client.id : `${client.name} (${client.id})`}`,
    ...entry.resources.map(({ uri, scopes }) => `    ${uri}  ${scopes.join(" ")}`),
    `    ${kind} ${id}, since ${since}, until ${new Date(until * 1_000).toISOString()} at the latest`,
    ...(consent === undefined
      ? []
      : [
          `    on the consent ${consent.stream}, revision ${consent.revision}${consent.at === undefined ? "" : `, of ${consent.at} (position ${consent.position})`}`,
        ]),
    `    because of ${because.map(({ type, position }) => `${type} (position ${position})`).join(", ")}`,
  ];
  return `${lines.join("\n")}\n`;
}

function shownDiff({ from, to, access, ...others }: StateDiff): string {
  const lines = [`from position ${from.position}, ${from.time}, to position ${to.position}, ${to.time}\n`];
  for (const entry of access.added) lines.push(`+ ${shownEntry(entry)}`);
  for (const entry of access.removed) lines.push(`- ${shownEntry(entry)}`);
  for (const [kind, { added, removed, changed }] of Object.entries(others)) {
    for (const one of added) lines.push(`+ ${kind} ${JSON.stringify(one)}\n`);
    for (const one of removed) lines.push(`- ${kind} ${JSON.stringify(one)}\n`);
    for (const { before, after } of changed) lines.push(`~ ${kind} ${JSON.stringify(before)} -> ${JSON.stringify(after)}\n`);
  }
  return lines.join("");
}
