import { Command, InvalidArgumentError } from "commander";
import { postToAdminApi, withAdminOptions, type AdminOptions, type Answer } from "../admin/admin-api.ts";
import { confirm } from "../confirm.ts";
import type { Terminal } from "../terminal.ts";

interface EraseOptions extends AdminOptions {
  readonly yes?: boolean;
}

export function subjectCommand(terminal: Terminal): Command {
  const erase = withAdminOptions(new Command("erase"))
    .description(
      "Erases a person (P9): the key of everything sealed for the subject is destroyed, every grant and token ends, and a later login makes a new subject. The log keeps its proofs. It can't be undone; repeated, it finishes what was interrupted.",
    )
    .argument("<subject>", "the subject's id, as in tokens (sub) and in the admin API", subjectId)
    .option("--yes", "do not ask")
    .action(async (subject: string, options: EraseOptions, command: Command) => {
      if (options.yes !== true) await confirm(`Erase subject ${subject} for good?`, subject, terminal);
      const answer = await postToAdminApi(command, terminal, `/subjects/${encodeURIComponent(subject)}/erase`);
      if (options.json === true) terminal.out(`${JSON.stringify(answer, undefined, 2)}\n`);
      else tell(answer, terminal);
    });
  return new Command("subject").description("People (pseudonymous) of a running server").addCommand(erase);
}

function tell(answer: Answer, { out, error }: Pick<Terminal, "out" | "error">): void {
  out(`subject       ${String(answer["subject"])}\n`);
  out(`status        ${String(answer["status"])}\n`);
  out(`generation    ${String(answer["generation"])}\n`);
  error(
    "The subject's key is destroyed: nothing sealed for it opens any more, anywhere. Its grants and tokens are dead.\n" +
      "Backups of the key database still hold the key until they are dropped: keep them 30 days at most.\n",
  );
}

function subjectId(value: string): string {
  if (/^[\w.~-]{1,128}$/.test(value)) return value;
  throw new InvalidArgumentError("A subject's id has letters, digits, dots, dashes and underscores only.");
}
