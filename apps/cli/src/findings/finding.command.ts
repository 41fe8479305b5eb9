import { Command } from "commander";
import { callAdminApi, postToAdminApi, withAdminOptions, type AdminOptions, type Answer } from "../admin/admin-api.ts";
import { readPages, withLimit, type PageOptions } from "../admin/read-pages.ts";
import { asText, json, members, table, timeOf } from "../show.ts";
import type { Terminal } from "../terminal.ts";

const FINDING = "<finding_id>";

export function findingCommand(terminal: Terminal): Command {
  return new Command("finding")
    .description("What looked wrong to a running server's detectors, and what was done about it")
    .addCommand(listCommand(terminal))
    .addCommand(showCommand(terminal))
    .addCommand(liftCommand(terminal));
}

interface Filter {
  readonly status?: string;
  readonly kind?: string;
  readonly severity?: string;
  readonly client?: string;
  readonly subject?: string;
}

function listCommand(terminal: Terminal): Command {
  return withLimit(withAdminOptions(new Command("ls")))
    .description("Lists findings, newest first.")
    .option("--status <status>", "only these: open, answered or lifted")
    .option("--kind <kind>", "only of this kind, such as refresh-reuse")
    .option("--severity <severity>", "only these: low, medium or high")
    .option("--client <client_id>", "only those about this client")
    .option("--subject <id>", "only those about this person")
    .action(async (options: AdminOptions & PageOptions & Filter, command: Command) => {
      const { status, kind, severity, client, subject, limit } = options;
      const items = await readPages(command, terminal, "/anomalies", {
        query: { status, kind, severity, client_id: client, subject },
        limit,
      });
      if (options.json === true) return terminal.out(json({ items }));
      terminal.out(table([["FINDING", "DETECTED", "STATUS", "SEVERITY", "KIND", "RESPONSE", "ABOUT"], ...items.map(row)], terminal));
    });
}

function row(finding: Answer): readonly string[] {
  const { finding_id: id, detected_at: at, status, severity, kind, response, result } = finding;
  const done = result === undefined || result === "done" ? asText(response) : `${asText(response)} (${asText(result)})`;
  return [asText(id), timeOf(at), asText(status), asText(severity), asText(kind), done, about(finding)];
}

/** Whom it is about, the client first: people are ids here. */
function about({ client_id: client, subject }: Answer): string {
  const named = [client === undefined ? "" : `client ${asText(client)}`, subject === undefined ? "" : `subject ${asText(subject)}`];
  return named.filter((each) => each !== "").join(", ") || "-";
}

function showCommand(terminal: Terminal): Command {
  return withAdminOptions(new Command("show"))
    .description("Shows one finding, with positions and ids of the last events it rests on.")
    .argument(FINDING)
    .action(async (id: string, options: AdminOptions, command: Command) => {
      show(await callAdminApi(command, terminal, { method: "GET", path: pathOf(id) }), options, terminal);
    });
}

function liftCommand(terminal: Terminal): Command {
  return withAdminOptions(new Command("lift"))
    .description(
      "Takes the response to a finding back: a client that was suspended for it is reinstated. A session or grant that was ended stays ended.",
    )
    .argument(FINDING)
    .requiredOption("--reason <text>", "why, for the log; no personal data")
    .action(async (id: string, options: AdminOptions & { readonly reason: string }, command: Command) => {
      show(await postToAdminApi(command, terminal, `${pathOf(id)}/lift`, { reason: options.reason }), options, terminal);
    });
}

function show(finding: Answer, options: AdminOptions, terminal: Terminal): void {
  if (options.json === true) return terminal.out(json(finding));
  const { since, until, evidence = [], ...rest } = finding;
  const events = (evidence as readonly Answer[]).map(({ position, id }) => `${asText(position)} (${asText(id)})`);
  terminal.out(members({ ...rest, since: timeOf(since), until: timeOf(until), evidence: events.join(", ") || "-" }));
}

function pathOf(id: string): string {
  return `/anomalies/${encodeURIComponent(id)}`;
}
