import { z } from "zod";

/** What a refresh at the target has to repeat. */
export interface RefreshNote {
  /** As it was sent to the target. */
  readonly scope: string;
  readonly withSecret: boolean;
}

const PREFIX = "gl_br_";
const LONGEST = 16_384;
const noteSchema = z.strictObject({ s: z.string().max(4_096), w: z.boolean() });

/**
 * The target's refresh token with a note before it, so that nothing has to be kept per login. The note needs no seal: what it says the client could say
 * itself, and the target decides by its own token.
 */
export function wrapRefreshToken(token: string, { scope, withSecret }: RefreshNote): string {
  const note = Buffer.from(JSON.stringify({ s: scope, w: withSecret })).toString("base64url");
  return `${PREFIX}${note}.${token}`;
}

/** Undefined for what is none of ours. */
export function unwrapRefreshToken(value: string): (RefreshNote & { readonly token: string }) | undefined {
  const dot = value.indexOf(".");
  if (!value.startsWith(PREFIX) || dot < 0 || value.length > LONGEST || dot === value.length - 1) return undefined;
  const note = noteSchema.safeParse(parse(Buffer.from(value.slice(PREFIX.length, dot), "base64url").toString()));
  return note.success ? { scope: note.data.s, withSecret: note.data.w, token: value.slice(dot + 1) } : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not a note, which the caller answers
  }
}
