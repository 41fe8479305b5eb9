import type { Terminal } from "../terminal.ts";
import type { AdminOptions, Answer } from "./admin-api.ts";

/** The members that matter, one a line; a secret is shown this once, with a word about it on standard error. */
export function showAnswer(
  answer: Answer,
  members: readonly string[],
  options: Pick<AdminOptions, "json">,
  { out, error }: Pick<Terminal, "out" | "error">,
): void {
  if (options.json === true) return out(`${JSON.stringify(answer, undefined, 2)}\n`);
  for (const member of members) if (answer[member] !== undefined) out(`${member.padEnd(13)} ${String(answer[member])}\n`);
  if (answer["client_secret"] !== undefined) error("The secret is shown this once: keep it.\n");
}
