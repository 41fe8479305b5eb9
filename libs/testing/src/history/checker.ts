import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Operation } from "./history.ts";

/** Of one key by one model: `order` is linearizability (P2, P3, P4), `bound` real time between revocation and validation (P1, P5). */
export interface HistoryVerdict {
  readonly key: string;
  readonly model: "order" | "bound";
  readonly holds: boolean;
  readonly operations: number;
  readonly unknown: number;
  readonly why?: string;
}

/** The checker, in Go on porcupine (tools/history-checker); undefined where it could not be built: skip by name. */
export async function historyChecker(): Promise<string | undefined> {
  const given = process.env["GRANTLINE_TEST_HISTORY_CHECKER"];
  if (given !== undefined) return existsSync(given) ? given : undefined;
  const ground: string = join(import.meta.dirname, "..", "..", "..", "..", "tools", "ground", "history-checker.mjs");
  const { historyChecker: build } = (await import(ground)) as { historyChecker(cache: string): string | undefined };
  return build(process.env["GRANTLINE_GROUND"] ?? join(homedir(), ".cache", "grantline-ground"));
}

/** All verdicts on a history; rejects when it is none. */
export async function judgeHistory(checker: string, history: readonly Operation[]): Promise<readonly HistoryVerdict[]> {
  const child = spawn(checker, { stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => child.once("exit", resolve).once("error", reject));
  child.stdin.end(history.map((operation) => `${JSON.stringify(operation)}\n`).join(""));
  const [out, problems, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0 && code !== 1) throw new Error(`the checker could not judge (${code}): ${problems}`);
  const verdicts = out
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as HistoryVerdict);
  if (verdicts.every(({ holds }) => holds) !== (code === 0)) throw new Error(`the checker contradicts itself: ${code} ${out}`);
  return verdicts;
}

/** What does not hold, one line each. */
export async function violationsOf(checker: string, history: readonly Operation[]): Promise<readonly string[]> {
  const verdicts = await judgeHistory(checker, history);
  return verdicts.filter(({ holds }) => !holds).map(({ key, model, why }) => `${key} ${model}: ${why}`);
}
