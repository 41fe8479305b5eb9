/*
 * A stand-in for Docker Desktop's `docker pass`, which exists on desktops only. It behaves as the tool's sources do (github.com/docker/secrets-engine):
 * set reads standard input, get masks without --reveal, ls lists on standard error, rm complains of what is not there.
 * Entries lie in the JSON file STAND_IN_ENTRIES names; every call's arguments are appended to STAND_IN_CALLS.
 */
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

const entriesFile = process.env["STAND_IN_ENTRIES"] ?? "";
const callsFile = process.env["STAND_IN_CALLS"] ?? "";
const mode = process.env["STAND_IN_MODE"] ?? "";
const [plugin, verb, ...rest] = process.argv.slice(2);
appendFileSync(callsFile, `${JSON.stringify({ args: process.argv.slice(2), variables: Object.keys(process.env) })}\n`);

const entries = existsSync(entriesFile) ? (JSON.parse(readFileSync(entriesFile, "utf8")) as Record<string, string>) : {};
const save = (): void => {
  writeFileSync(`${entriesFile}.${process.pid}`, JSON.stringify(entries), { mode: 0o600 });
  renameSync(`${entriesFile}.${process.pid}`, entriesFile);
};
const fail = (line: string): never => {
  process.stderr.write(`${line}\n`);
  process.exit(1);
};

if (mode === "no-plugin" || plugin !== "pass") fail(`docker: unknown command: docker ${plugin}`);
if (mode === "broken") fail("Error: keychain is locked");
if (mode === "hangs") setInterval(() => undefined, 1_000);
else if (verb === "set") {
  const [argument = ""] = rest;
  if (argument.includes("=")) fail("the stand-in refuses a value in an argument");
  entries[argument] = readFileSync(0, "utf8");
  save();
} else if (verb === "get") {
  if (mode === "before-2026" && rest.includes("--reveal")) fail("unknown flag: --reveal");
  const id = rest.find((argument) => !argument.startsWith("--")) ?? "";
  const value = entries[id];
  if (value === undefined) fail("Error: secret not found");
  process.stdout.write(`ID: ${id}\nValue: ${rest.includes("--reveal") || mode === "before-2026" ? value : "**********"}\n`);
} else if (verb === "ls") for (const id of Object.keys(entries).sort()) process.stderr.write(`${id}\n`);
else if (verb === "rm") {
  const [id = ""] = rest;
  if (!(id in entries)) {
    process.stdout.write(`ERR: ${id}: secret not found\n`);
    fail("Error: secret not found");
  }
  delete entries[id];
  save();
  process.stdout.write(`RM: ${id}\n`);
}
