/** Where a command reads its surroundings and writes to. Answers go out, what only informs goes to error. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** The whole of the standard input; default the process's own. */
  readonly input?: () => Promise<string>;
  /** Opens the person's browser, false when there is none; default the system's. */
  readonly open?: (address: string) => Promise<boolean>;
  /** Is the answer read by a person, who likes colours? Default no. */
  readonly colours?: boolean;
}

export const standardTerminal: Terminal = {
  env: process.env,
  cwd: process.cwd(),
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
  // https://no-color.org: any value says no
  colours: process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "" && process.env["TERM"] !== "dumb",
};
