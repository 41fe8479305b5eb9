import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { resolve } from "node:path";
import { CommandFailed } from "../failure.ts";
import type { Terminal } from "../terminal.ts";

const LONGEST = 64 * 1024 * 1024;

/** A secret from a file, from standard input, or typed unseen. One newline at its end is the editor's. */
export async function readSecretValue(
  question: string,
  file: string | undefined,
  { cwd, error, input }: Pick<Terminal, "cwd" | "error" | "input">,
): Promise<string> {
  if (file !== undefined) return withoutLineEnd(readWhole(file, cwd));
  if (input === undefined && process.stdin.isTTY) return typed(question, error);
  return withoutLineEnd(await (input ?? readStandardInput)());
}

/** The text of a file. Throws CommandFailed in one line. */
export function readWhole(file: string, cwd: string): string {
  try {
    const handle = openSync(resolve(cwd, file), "r");
    try {
      // of a pipe or a device the size is not known
      if (fstatSync(handle).size > LONGEST) throw new CommandFailed(`${file} is too long`);
      return read(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    if (error instanceof CommandFailed) throw error;
    throw new CommandFailed(`can't read ${file} (${(error as NodeJS.ErrnoException).code ?? "error"})`);
  }
}

function read(handle: number): string {
  const chunks: Buffer[] = [];
  for (let bytes = 0; bytes <= LONGEST;) {
    const chunk = Buffer.alloc(65_536);
    const count = readSync(handle, chunk);
    if (count === 0) break;
    bytes += count;
    chunks.push(chunk.subarray(0, count));
  }
  return Buffer.concat(chunks).toString();
}

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Reads one line from the terminal without showing it. Ctrl-C ends the command. */
function typed(question: string, show: (text: string) => void): Promise<string> {
  const { stdin } = process;
  // before the question: what a quick typist types at once would be shown otherwise
  stdin.setRawMode(true);
  show(`${question}: `);
  stdin.resume();
  return new Promise((resolve, reject) => {
    let line = "";
    const end = (finish: () => void): void => {
      stdin.off("data", onData);
      stdin.setRawMode(false);
      stdin.pause();
      show("\n");
      finish();
    };
    const onData = (chunk: Buffer): void => {
      for (const character of chunk.toString()) {
        if (character === "\r" || character === "\n" || character === "\u0004") return end(() => resolve(line));
        if (character === "\u0003") return end(() => reject(new CommandFailed("cancelled, nothing was done", 1)));
        line = character === "\u007f" || character === "\b" ? line.slice(0, -1) : line + character;
      }
    };
    stdin.on("data", onData);
  });
}

function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, "");
}
