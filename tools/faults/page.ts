import { cpus, totalmem } from "node:os";
import type { Outcome } from "./run-cell.ts";
import type { MatrixRun } from "./run-cells.ts";
import { INSTANCES } from "./world.ts";

export interface PageParts extends MatrixRun {
  /** How many were to be run. */
  readonly cells: number;
  readonly seed: number;
  readonly minutes: number;
}

const HEAD = "| fault | users saw meanwhile | served again | users saw after it | recovered | lost |";
const LINE = "|---|---|---|---|---|---|";

/** The page of docs: what was tried, what users saw, what was lost, how long recovery took. */
export function pageOf({ outcomes, leftOut, cells, seed, minutes }: PageParts): string {
  const failing = outcomes.filter(({ broken }) => broken.length > 0);
  const requests = outcomes.reduce((sum, one) => sum + one.requests, 0);
  return `${[
    "# Fault matrix",
    "",
    "<!-- Made by `npm run faults`. Do not edit. -->",
    "",
    `Run of ${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC, seed ${seed}, ${minutes.toFixed(0)} minutes, on a machine of ${cpus().length} cores (${cpus()[0]?.model ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GB) that others used too.`,
    `**${outcomes.length - failing.length} of ${outcomes.length} cells hold.** ${requests} requests in all.${outcomes.length + leftOut.length < cells ? ` **The run was broken off after ${outcomes.length} of ${cells} cells.**` : ""}`,
    "",
    `Real processes throughout: ${Object.entries(INSTANCES)
      .map(([service, count]) => `${count} ${service}`)
      .join(", ")}, PostgreSQL, Redis with a replica, Kafka, and a front that asks each instance every second whether it is ready. Every`,
    "connection to an engine goes through toxiproxy. Twelve users work in parallel while the fault comes and goes: they take tokens, introspect, revoke (and ask every instance at the very moment of the",
    "acknowledgement), refresh, race for codes, and register. A user waits 8 s for an answer.",
    "",
    "A cell holds when all of this does: nobody got a wrong answer (a revoked token active, a live one not, a right request refused, a 500, a 503 without Retry-After); every acknowledged token, revocation and",
    "registration is there at every instance; no code and no refresh token was used twice; the log has no gap and its chains verify; every row the listings show is the one a rebuild from the first event shows;",
    "where Kafka is concerned, every event is on the topic, in order; all instances are ready within 45 s of the fault's end, a lease moves within 15 s, and where an instance or Redis fails users are served again",
    "while the fault goes on. Acknowledged things are never forgotten between cells: later faults are judged by them too.",
    "",
    "Shorter bounds are promised on a machine of one's own: 5 s at the front for an instance, 10 s for a lease, 30 s for an engine.",
    "",
    ...sections(outcomes),
    ...(leftOut.length === 0
      ? []
      : ["## Left out in this run", "", ...leftOut.map(({ id, title, why }) => `- ${id} (${title}): ${why}`), ""]),
    ...NOT_A_CELL,
  ].join("\n")}\n`;
}

function sections(outcomes: readonly Outcome[]): readonly string[] {
  const groups = Map.groupBy(outcomes, ({ id }) => id.slice(0, id.indexOf("/")));
  return [...groups].flatMap(([name, members]) => [`## ${name}`, "", HEAD, LINE, ...members.map(row), "", ...members.flatMap(remarks), ""]);
}

function row(outcome: Outcome): string {
  const { title, during, servedAgain, takeOver, after, recovery, broken } = outcome;
  const again = [
    servedAgain === undefined ? "at its end" : servedAgain === 0 ? "throughout" : `${servedAgain.toFixed(1)} s`,
    takeOver === undefined ? undefined : `lease moved in ${takeOver.toFixed(1)} s`,
  ].filter((text) => text !== undefined);
  const cells = [
    title,
    during === "" ? "nothing" : during,
    again.join("; "),
    after === "" ? "nothing" : after,
    recovery < 0.5 ? "at once" : `${recovery.toFixed(1)} s`,
    broken.length === 0 ? "nothing" : "**broken, see below**",
  ];
  return `| ${cells.map((text) => text.replaceAll("|", "/")).join(" | ")} |`;
}

function remarks({ id, notes, broken, acknowledged, revoked, events, requests }: Outcome): readonly string[] {
  const judged = `- ${id}: ${requests} requests; ${acknowledged} tokens and ${revoked} revocations asked about at each instance, ${events} events verified`;
  return [[judged, ...notes].join("; "), ...broken.map((text) => `  - **broken**: ${text.replaceAll("\n", " ")}`)];
}

const NOT_A_CELL: readonly string[] = [
  "## Not a cell",
  "",
  "- Disk full at a service: they write nothing to disk. Redis keeps nothing on disk here; `redis/full` is its memory.",
  "- Relay and projector are duties of audit-projector; which of its instances is struck depends on who works at the duty.",
  "- Between a write in Redis and its checkpoint there is no moment: both are one script. The cell kills the projector when the script has run and its answer was lost.",
  "- Before the relay's checkpoint, likewise: it can't be kept because Redis can't be reached.",
];
