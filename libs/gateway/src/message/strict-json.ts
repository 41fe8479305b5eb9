/** Deeper nesting is no tool's argument; somebody's parser would run out of stack. */
const DEEPEST = 100;

export type JsonFault = "malformed" | "repeated-key" | "too-deep";

/**
 * Parses JSON that means the same to every parser. One that takes the first of two equal keys and one that takes the last would see different
 * tools (security case G-08), so a repeated key is no JSON for us.
 */
export function parseStrictJson(text: string): { readonly value: unknown } | { readonly fault: JsonFault } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { fault: "malformed" };
  }
  const fault = faultIn(text);
  return fault === undefined ? { value } : { fault };
}

/** Walks over text that is known to be JSON, from one structural character to the next. */
function faultIn(text: string): JsonFault | undefined {
  /** Keys of each open object; undefined for an open array. */
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === "{" || letter === "[") {
      if (open.length >= DEEPEST) return "too-deep";
      open.push(letter === "{" ? new Set() : undefined);
    } else if (letter === "}" || letter === "]") open.pop();
    else if (letter === '"') {
      const end = endOfString(text, at);
      const keys = open.at(-1);
      if (keys !== undefined && isKey(text, end)) {
        const key = JSON.parse(text.slice(at, end)) as string;
        if (keys.has(key)) return "repeated-key";
        keys.add(key);
      }
      at = end - 1;
    }
  }
  return undefined;
}

/** The place behind the closing quote. */
function endOfString(text: string, from: number): number {
  let at = from + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

function isKey(text: string, from: number): boolean {
  let at = from;
  while (/\s/.test(text[at] ?? "")) at += 1;
  return text[at] === ":";
}
