import { createHmac, randomBytes } from "node:crypto";
import { z } from "zod";
import { SecretUnreadable } from "./errors.ts";
import type { SecretMetadata, SetSecretOptions } from "./port.ts";

/**
 * How a secret is written where only a text fits (a file, a keychain entry, a variable): the bare value, which containers can use as it is, or this mark
 * and a JSON record, where there is something to be kept beside the value or the bare value would not come back unchanged.
 */
const MARK = "grantline-secret:";
const record = z.strictObject({
  value: z.string().min(1),
  createdAt: z.int().positive(),
  expiresAt: z.int().positive().optional(),
  version: z.string().min(1).max(64),
});

/** Tells values apart within this process, and nothing about them to anybody else. */
const versionKey = randomBytes(32);

export interface TextSecret extends SecretMetadata {
  readonly value: string;
}

export function toText(
  value: string,
  { expiresAt }: SetSecretOptions,
  now: number,
): { readonly text: string; readonly metadata: SecretMetadata } {
  if (expiresAt === undefined && !value.startsWith(MARK) && withoutLineEnd(value) === value)
    return { text: value, metadata: { version: bareVersion(value) } };
  const metadata = { createdAt: now, ...(expiresAt === undefined ? {} : { expiresAt }), version: randomBytes(12).toString("base64url") };
  return { text: `${MARK}${JSON.stringify({ value, ...metadata })}`, metadata };
}

/** Undefined for an empty text. @throws SecretUnreadable for a record that is none. */
export function fromText(text: string, store: string): TextSecret | undefined {
  const bare = withoutLineEnd(text);
  if (bare === "") return undefined;
  if (!bare.startsWith(MARK)) return { value: bare, version: bareVersion(bare) };
  const parsed = record.safeParse(json(bare.slice(MARK.length)));
  if (!parsed.success) throw new SecretUnreadable(store, "what is stored under this name is no record of ours");
  const { value, createdAt, expiresAt, version } = parsed.data;
  return { value, createdAt, ...(expiresAt === undefined ? {} : { expiresAt }), version };
}

/** Editors and `echo` end a text with a newline that is no part of the secret. */
function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, "");
}

function bareVersion(value: string): string {
  return createHmac("sha256", versionKey).update(value).digest("base64url").slice(0, 16);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // the parser's error would quote the text
    return undefined;
  }
}
