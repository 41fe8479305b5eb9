/** Where a command reads its surroundings and writes to. Answers go out, what only informs goes to error. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** The whole of the standard input; default the process's own. */
  readonly input?: () => Promise<string>;
}

export const standardTerminal: Terminal = {
  env: process.env,
  cwd: process.cwd(),
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
};
