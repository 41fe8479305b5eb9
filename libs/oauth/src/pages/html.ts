/** Markup that is safe to send: made by `html` only. */
export interface Html {
  readonly markup: string;
}

type Part = Html | string | number | undefined | false | readonly Part[];

const made = new WeakSet<object>();

/** Template tag: everything put in is escaped, except other `html` parts. Arrays are joined; undefined and false leave nothing. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let markup = texts[0] ?? "";
  for (const [index, part] of parts.entries()) markup += render(part) + (texts[index + 1] ?? "");
  const result: Html = { markup };
  made.add(result);
  return result;
}

function render(part: Part): string {
  if (part === undefined || part === false) return "";
  if (typeof part === "string" || typeof part === "number") return escape(String(part));
  if (isList(part)) return part.map(render).join("");
  // An object that only looks like markup was not made here: its text is escaped.
  return made.has(part) ? part.markup : escape(String(part.markup));
}

function isList(part: Html | readonly Part[]): part is readonly Part[] {
  return Array.isArray(part);
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "`": "&#96;" };

function escape(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => ENTITIES[character] ?? "");
}
