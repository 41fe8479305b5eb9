import { spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import type { Person } from "@grantline/testing";
import type { StdioProgram } from "./stdio-program.ts";
import type { StockProgram } from "./stock-server.ts";

export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
  /** The authorization requests its user was sent to, in order. */
  readonly visits: readonly URL[];
  /** What kept the person from coming back to the program. */
  readonly troubles: readonly unknown[];
}

export interface Surroundings {
  readonly person: Person;
  readonly env?: Readonly<Record<string, string>>;
  /** Who is at its standard input and output, when it serves another program. */
  readonly program?: StdioProgram;
}

const PATIENCE_MS = 150_000;

/** For programs that would start a browser: the person reads the address they print instead. */
const NO_BROWSER = { BROWSER: "/bin/true" };

/** Runs a client somebody else wrote to its end; the person allows what is asked at each address it prints. */
export async function runStockClient(client: StockProgram, { person, env = {}, program }: Surroundings): Promise<Finished> {
  const child = spawn(client.command, client.args, {
    env: { PATH: process.env["PATH"] ?? "", NO_COLOR: "1", ...NO_BROWSER, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let out = "";
  let error = "";
  const visits: URL[] = [];
  const browsing: Promise<void>[] = [];
  const troubles: unknown[] = [];
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const speak = (): void => {
    const next = program === undefined ? "bye" : program.next(out);
    if (next === "bye") child.stdin.end();
    else if (next !== undefined) child.stdin.write(next);
  };
  const look = (text: string): void => {
    for (const [address] of text.matchAll(/https?:\/\/\S+\/oauth\/authorize\?\S+(?=\s)/g)) {
      if (visits.some(({ href }) => href === address)) continue;
      visits.push(new URL(address));
      browsing.push(browse(person, address, ended).catch((failure: unknown) => void troubles.push(failure)));
    }
  };
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
    look(out);
    speak();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    error += chunk.toString();
    look(error);
  });
  // One that ended does not read on
  child.stdin.on("error", () => {});
  speak();
  // So that one that waits for ever fails its test with what it said
  const patience = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(patience);
  await Promise.all(browsing);
  return { code, out, error, visits, troubles };
}

/** Logs in, allows, and follows the browser back to the client's listener. */
async function browse(person: Person, address: string, ended: () => boolean): Promise<void> {
  const callback = await person.authorize(address);
  // mcp-remote prints the address of a second authorization before it listens again; nobody but a test is that fast
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      const response = await fetch(callback);
      await response.body?.cancel();
      return;
    } catch (failure) {
      // Somebody was there and heard it: to say it again would be another answer. One that ended says itself how it went
      const nobody = ((failure as Error).cause as { readonly code?: string } | undefined)?.code === "ECONNREFUSED";
      if (!nobody || ended()) return;
      if (performance.now() > until) throw failure;
      await pause(50);
    }
  }
}
