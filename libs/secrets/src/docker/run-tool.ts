import { spawn } from "node:child_process";

export interface ToolResult {
  /** null: ended by a signal, or never started. */
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
  /** ENOENT, EACCES…: the tool could not be started. */
  readonly failed?: string;
  readonly timedOut: boolean;
}

export interface ToolCall {
  readonly command: string;
  readonly args: readonly string[];
  /** What it reads: the only way a secret goes in. */
  readonly input?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
}

const LONGEST_OUTPUT = 1024 * 1024;

/** Runs a program, never through a shell. Answers with what it said; never rejects. */
export function runTool({ command, args, input = "", env, timeoutMs }: ToolCall): Promise<ToolResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env: { ...env }, shell: false, stdio: ["pipe", "pipe", "pipe"], windowsHide: true });
    const said = { out: [] as Buffer[], error: [] as Buffer[] };
    let bytes = 0;
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
    }, timeoutMs);
    const collect = (into: Buffer[]) => (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > LONGEST_OUTPUT) child.kill("SIGKILL");
      else into.push(chunk);
    };
    const end = (code: number | null, failed?: string): void => {
      clearTimeout(timer);
      const [out, error] = [Buffer.concat(said.out).toString(), Buffer.concat(said.error).toString()];
      resolve({ code, out, error, timedOut, ...(failed === undefined ? {} : { failed }) });
    };
    child.stdout.on("data", collect(said.out));
    child.stderr.on("data", collect(said.error));
    // a tool that ends before it has read everything breaks the pipe; its exit code says what to think of that
    child.stdin.on("error", () => undefined);
    child.once("error", (error: NodeJS.ErrnoException) => end(null, error.code ?? "error"));
    child.once("close", (code) => end(code));
    child.stdin.end(input);
  });
}
