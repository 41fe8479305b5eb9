import { CommandFailed, explain } from "../failure.ts";
import { createProgram } from "../program.ts";
import type { Terminal } from "../terminal.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Runs a command in this process, with a terminal of the test's. A failure is its line and exit code, as main.ts makes it. */
export async function run(args: readonly string[], terminal: Partial<Terminal> & Pick<Terminal, "cwd">): Promise<Ran> {
  let out = "";
  let error = "";
  const program = createProgram({
    env: {},
    ...terminal,
    out: (text) => (out += text),
    error: (text) => {
      error += text;
      terminal.error?.(text);
    },
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return { code: 0, out, error };
  } catch (thrown) {
    if (!(thrown instanceof CommandFailed)) throw thrown;
    return { code: thrown.exitCode, out, error: `${error}grantline: ${explain(thrown).join("\n")}\n` };
  }
}
