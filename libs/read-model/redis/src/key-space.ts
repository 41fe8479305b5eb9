import { hash } from "node:crypto";

/** Raised whenever what is kept in Redis changes shape: releases side by side then never read each other's. */
const LAYOUT = 1;

/** Names of keys. What must change together shares a hash tag, so that it lies in one slot of a cluster. */
export interface KeySpace {
  /** What all of them begin with. */
  readonly prefix: string;
  /** `{prefix}{tag}rest`: everything of one tag is in one slot. */
  key(tag: string, rest: string): string;
}

/** `name` tells platforms apart that share one Redis; also to be changed after a restore of the event store from a backup. */
export function createKeySpace(name = ""): KeySpace {
  const prefix = `gl${LAYOUT}${name}:`;
  return { prefix, key: (tag, rest) => `${prefix}{${safe(tag)}}${rest}` };
}

/** A brace in a tag, or an empty one, would change what Redis takes for the tag. */
function safe(tag: string): string {
  return tag === "" || /[{}]/.test(tag) ? `#${hash("sha256", tag, "base64url").slice(0, 22)}` : tag;
}
