import type { AuditFault, AuditVerification } from "@grantline/audit";
import { CommandFailed } from "../failure.ts";
import type { Terminal } from "../terminal.ts";

const MEANING: Readonly<Record<AuditFault, string>> = {
  "revision-gap": "the event before it in its stream is missing, or it stands in the place of another",
  "hash-mismatch": "it, or an event before it in its stream, is not what was written",
  "body-mismatch": "what is stored beside its body says something else than the body",
  "not-findable": "its stream is not found by its name",
  "position-order": "it stands before an older event of its stream",
  "position-gap": "its place is empty: an event was removed",
  "not-in-tree": "the tree has another event here: it was altered with its whole chain, inserted, or moved",
  removed: "the tree has this event and the log does not: it was removed",
  "cut-off": "the log ends here, and the tree goes on",
  "root-mismatch": "the log does not give the root that was signed",
  "tree-altered": "the log gives the signed roots; the tree's files were altered here",
  signature: "a signature does not hold, or is another key's",
  "split-view": "two signed checkpoints contradict each other",
  "segment-mismatch": "the day does not have the root that was signed when it was closed",
  "file-altered": "it is not the file the manifest names",
};

/** Says that the log is intact and what is not covered yet, or throws CommandFailed with the first bad position. */
export function tellVerification(
  result: AuditVerification,
  seconds: number,
  { json }: { readonly json?: boolean },
  { out }: Pick<Terminal, "out">,
): void {
  if (json === true) out(`${JSON.stringify({ intact: result.kind === "intact", ...result, kind: undefined }, undefined, 2)}\n`);
  if (result.kind === "broken") throw new CommandFailed(sentence(result), 1);
  if (json === true) return;
  const { events, streams, dropped, checkpoints, leaves, position, tail } = result;
  out(`intact: ${events} events in ${streams} streams, ${Math.round(events / Math.max(0.001, seconds))} events/s\n`);
  if (dropped > 0) out(`dropped: ${dropped} events of closed days are in their archives; the tree vouches for them\n`);
  out(
    checkpoints === 0
      ? "covered: nothing, no checkpoint was found\n"
      : `covered: up to position ${position} (${leaves} leaves), held against ${checkpoints} checkpoint${checkpoints === 1 ? "" : "s"}\n`,
  );
  if (tail > 0) out(`not covered yet: ${tail} events after position ${position}, which only their streams' chains vouch for\n`);
}

function sentence({ why, position, leaf, afterLeaf, stream, revision, file }: Extract<AuditVerification, { kind: "broken" }>): string {
  const place = stream === undefined ? "" : ` (${stream}, revision ${revision})`;
  const where =
    file !== undefined
      ? `in the file ${file}`
      : position !== undefined
        ? `at position ${position}${place}`
        : leaf !== undefined
          ? `at leaf ${leaf}`
          : "before any event";
  const between = afterLeaf === undefined ? "" : ` Somewhere after leaf ${afterLeaf}; with the tree's files the place could be told.`;
  return `the log is broken ${where}: ${why}, ${MEANING[why]}.${between}`;
}
