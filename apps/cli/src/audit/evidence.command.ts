import { gatherEvidence, momentNow, reportOnSubject, timeOf } from "@grantline/audit";
import { START } from "@grantline/event-store";
import { Command } from "commander";
import { everySecond } from "../every-second.ts";
import { CommandFailed } from "../failure.ts";
import type { Terminal } from "../terminal.ts";
import { auditSession } from "./audit-session.ts";
import { writeBundle } from "./bundle.ts";

interface EvidenceOptions {
  readonly from: string;
  readonly until: string;
  readonly to: string;
}

export function evidenceCommand(terminal: Terminal): Command {
  return new Command("evidence")
    .description(
      "Writes what an auditor asks for of a period into a folder: counts, key rotations, failed attempts, changes by operators, revocations, erasures, readings of the log, and whether the log is intact.",
    )
    .requiredOption("--from <time>", "beginning of the period (2026-01-01)")
    .requiredOption("--until <time>", "its end, not included")
    .requiredOption("--to <folder>", "a new folder")
    .action((options: EvidenceOptions, command: Command) =>
      auditSession(command, terminal, async ({ store, record, verify }) => {
        const [since, until] = [timeOf("--from", options.from) as string, timeOf("--until", options.until) as string];
        if (since >= until) throw new CommandFailed("--until: must lie after --from.");
        const head = await store.head();
        await record({ what: "evidence", query: { since, until }, from: START, to: head });
        const onProgress = everySecond((now: { readonly position: string }) => terminal.error(`position ${now.position} of ${head}\n`));
        const { pieces } = await gatherEvidence(store, { since, until, head, onProgress, verify });
        tell(await writeBundle(options.to, pieces), options.to, terminal);
      }),
    );
}

export function subjectCommand(terminal: Terminal): Command {
  return new Command("subject")
    .description(
      "Writes everything the log holds about one person into a folder, for that person. Sealed values are shown as sealed, or erased.",
    )
    .argument("<subject>", "the person's pseudonym, the sub of their tokens")
    .requiredOption("--to <folder>", "a new folder")
    .action((subject: string, options: { readonly to: string }, command: Command) =>
      auditSession(command, terminal, async ({ store, record, nowMs }) => {
        const moment = await momentNow(store, Math.floor(nowMs / 1_000));
        await record({ what: "subject-report", query: { subject }, from: START, to: moment.position });
        tell(await writeBundle(options.to, await reportOnSubject(store, subject, moment)), options.to, terminal);
      }),
    );
}

function tell(files: readonly string[], folder: string, { out }: Pick<Terminal, "out">): void {
  out(files.map((file) => `${folder}/${file}\n`).join(""));
}
