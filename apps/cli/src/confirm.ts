import { createInterface } from "node:readline";
import { CommandFailed } from "./failure.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Asks on standard error for a word to be typed, and reads one line of standard input. What can't be undone is not done for a person who only pressed
 * enter. Throws CommandFailed when another line comes, or none.
 */
export async function confirm(question: string, word: string, { error }: Pick<Terminal, "error">): Promise<void> {
  error(`${question}\nType ${word} to go on: `);
  const lines = createInterface({ input: process.stdin });
  try {
    for await (const line of lines) {
      if (line.trim() === word) return;
      break;
    }
  } finally {
    lines.close();
  }
  throw new CommandFailed("not confirmed, nothing was done. Where nobody can answer, give --yes.", 1);
}
