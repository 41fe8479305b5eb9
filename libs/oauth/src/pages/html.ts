/** Markup that is safe to send: made by `html` only. */
export interface Html {
  readonly markup: string;
}

type Part = Html | string | number | undefined | false | readonly Part[];

const made = new WeakSet<object>();

/** Template tag: everything put in is escaped, except other `html` parts. Arrays are joined; undefined and false leave nothing. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const result: Html = { markup: texts.reduce((markup, text, index) => markup + render(parts[index - 1]) + text) };
  made.add(result);
  return result;
}

/** A script element with exactly this text, so that a policy can name it by hash. For code of ours; throws on what could end the element. */
export function scriptElement(code: string): Html {
  if (/[<&]/.test(code)) throw new TypeError("a page's script may hold neither < nor &");
  const result: Html = { markup: `<script>${code}</script>` };
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

function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;")
    .replaceAll("`", "&#96;");
}
