import type { ChildProcess } from "node:child_process";

const SHOWN = 2_000;

export interface Saying {
  readonly name: string;
  readonly text: string;
  readonly withinMs: number;
  /** Ends a process that took too long. */
  readonly end: () => void;
}

/** Resolves when the process prints the text; rejects with what it printed when it ends before, or is too late. */
export async function untilItSays(child: ChildProcess, { name, text, withinMs, end }: Saying): Promise<void> {
  let output = "";
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => {
      end();
      reject(new Error(`${name} was not ready in ${withinMs} ms: ${output.slice(-SHOWN)}`));
    }, withinMs);
    const hear = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-10 * SHOWN);
      if (!output.includes(text)) return;
      clearTimeout(late);
      resolve();
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("exit", (code, signal) => {
      clearTimeout(late);
      reject(new Error(`${name} ended with ${signal ?? code}: ${output.slice(-SHOWN)}`));
    });
  });
}
