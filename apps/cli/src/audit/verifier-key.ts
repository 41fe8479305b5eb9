import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type NoteVerifier, parseVerifierKey } from "@grantline/audit";
import { CommandFailed } from "../failure.ts";

export interface KeySources {
  /** --key: a verifier key, or a file that holds one. */
  readonly given: string | undefined;
  /** Folder of checkpoints taken off the box. */
  readonly checkpoints: string | undefined;
  /** What the log or the archive says of itself: where it comes from, and the key. */
  readonly itself: readonly [string, string | undefined];
}

/** The key to check signatures with. What the log says of itself is used last, and said so: whoever rewrote it may have put theirs there. */
export function verifierKey({ given, checkpoints, itself }: KeySources, warn: (line: string) => void): NoteVerifier {
  if (given !== undefined) return parsed("--key", existsSync(given) ? readFileSync(given, "utf8") : given);
  const beside = checkpoints === undefined ? undefined : join(checkpoints, "checkpoint.vkey");
  if (beside !== undefined && existsSync(beside)) return parsed(beside, readFileSync(beside, "utf8"));
  const [source, vkey] = itself;
  if (vkey === undefined) throw new CommandFailed("There is no key to check signatures with: give the verifier key with --key.");
  warn(
    `The verifier key was taken from ${source}. Keep a copy elsewhere and give it with --key: whoever can rewrite one can rewrite the other.\n`,
  );
  return parsed(source, vkey);
}

function parsed(source: string, text: string): NoteVerifier {
  const verifier = parseVerifierKey(text);
  if (verifier === undefined)
    throw new CommandFailed(`${source}: this is no verifier key (name+hash+base64, see docs/how-to/verify-the-log.md).`);
  return verifier;
}
