import { Command } from "commander";
import type { Terminal } from "../terminal.ts";
import { archiveCommand } from "./archive.command.ts";
import { dropCommand } from "./drop.command.ts";
import { evidenceCommand, subjectCommand } from "./evidence.command.ts";
import { daysCommand, holdCommand } from "./hold.command.ts";
import { replayCommand } from "./replay.command.ts";
import { sampleCommand } from "./sample.command.ts";
import { diffCommand, stateCommand } from "./state.command.ts";
import { verifyCommand } from "./verify.command.ts";

/** What compliance people ask of the log. */
export function auditCommand(terminal: Terminal): Command {
  const audit = new Command("audit").description(
    "The audit log: replay, state at a moment, samples, evidence. Every reading is itself recorded.",
  );
  for (const make of [
    replayCommand,
    stateCommand,
    diffCommand,
    sampleCommand,
    evidenceCommand,
    subjectCommand,
    verifyCommand,
    archiveCommand,
    dropCommand,
    daysCommand,
    holdCommand,
  ])
    audit.addCommand(make(terminal));
  return audit;
}
