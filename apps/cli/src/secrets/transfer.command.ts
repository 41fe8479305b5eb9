import { createHash, randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import { exportSecrets, importSecrets, type OpenWith, type SealFor } from "@grantline/secrets";
import { Command } from "commander";
import { CommandFailed } from "../failure.ts";
import type { Terminal } from "../terminal.ts";
import { readSecretValue, readWhole } from "./read-value.ts";
import { withSecrets } from "./session.ts";

interface ExportOptions {
  readonly recipient?: string;
  readonly passphraseFile?: string;
  readonly json?: boolean;
}

interface ImportOptions {
  readonly key?: string;
  readonly passphraseFile?: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

export function exportCommand(terminal: Terminal): Command {
  return new Command("export")
    .description(
      "Writes every secret into one encrypted file: for a recipient's public key, or under a passphrase (typed, from standard input or a file).",
    )
    .argument("<file>", "file to write; it must not exist")
    .option("--recipient <pem>", "file of the recipient's X25519 public key; made by openssl genpkey -algorithm X25519")
    .option("--passphrase-file <file>", "read the passphrase from a file")
    .option("--json", "the result as JSON")
    .action(async (file: string, options: ExportOptions, command: Command) =>
      withSecrets(command, terminal, async (store) => {
        const { text, exported } = await exportSecrets(store, await sealFor(options, terminal));
        const path = resolve(terminal.cwd, file);
        writeNew(path, text);
        const sha256 = createHash("sha256").update(text).digest("base64url");
        if (options.json === true) terminal.out(`${JSON.stringify({ exported, file: path, sha256 })}\n`);
        else terminal.out(`${exported} secrets exported to ${path} (SHA-256 ${sha256})\n`);
      }),
    );
}

export function importCommand(terminal: Terminal): Command {
  return new Command("import")
    .description("Stores the secrets of an export. Nothing is written when it was altered. Secrets that are there already are left alone.")
    .argument("<file>", "file made by secret export")
    .option("--key <pem>", "file of the recipient's private key")
    .option("--passphrase-file <file>", "read the passphrase from a file")
    .option("--overwrite", "replace secrets that are there already")
    .option("--json", "the result as JSON")
    .action(async (file: string, options: ImportOptions, command: Command) =>
      withSecrets(command, terminal, async (store) => {
        const text = readWhole(file, terminal.cwd);
        const result = await importSecrets(store, text, await openWith(options, terminal), { overwrite: options.overwrite === true });
        if (options.json === true) terminal.out(`${JSON.stringify(result)}\n`);
        else terminal.out(`${result.imported} secrets imported, ${result.kept} were there already\n`);
      }),
    );
}

async function sealFor({ recipient, passphraseFile }: ExportOptions, terminal: Terminal): Promise<SealFor> {
  if (recipient !== undefined && passphraseFile !== undefined) throw new CommandFailed("give --recipient or --passphrase-file, not both");
  if (recipient !== undefined) return { recipient: readWhole(recipient, terminal.cwd) };
  return { passphrase: await readSecretValue("Passphrase", passphraseFile, terminal) };
}

async function openWith({ key, passphraseFile }: ImportOptions, terminal: Terminal): Promise<OpenWith> {
  if (key !== undefined && passphraseFile !== undefined) throw new CommandFailed("give --key or --passphrase-file, not both");
  if (key !== undefined) return { privateKey: readWhole(key, terminal.cwd) };
  return { passphrase: await readSecretValue("Passphrase", passphraseFile, terminal) };
}

/** Readable by its owner only, whole or not at all, and never over another file's place. */
function writeNew(path: string, text: string): void {
  const draft = `${path}.${randomBytes(4).toString("hex")}.draft`;
  try {
    closeSync(openSync(path, "wx", 0o600));
    const handle = openSync(draft, "wx", 0o600);
    writeSync(handle, text);
    fsyncSync(handle);
    closeSync(handle);
    renameSync(draft, path);
  } catch (error) {
    throw new CommandFailed(`can't write ${path} (${(error as NodeJS.ErrnoException).code ?? "error"})`);
  }
}
