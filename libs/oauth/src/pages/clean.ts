const LONGEST = 100;

/**
 * Text of a stranger as a person may see it: no control, format (bidi, zero-width), private-use or symbol characters (a tick that
 * plays a badge), white space folded, at most 100 characters. Undefined when nothing is left. Escaping is the template's work.
 */
export function clean(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const plain = text
    .slice(0, LONGEST * 8)
    .normalize("NFC")
    .replace(/[\p{Z}\t\r\n]+/gu, " ")
    .replace(/[\p{C}\p{So}\p{Sk}\uFE00-\uFE0F]/gu, "")
    .trim();
  const characters = [...plain];
  if (characters.length === 0) return undefined;
  return characters.length <= LONGEST ? plain : `${characters.slice(0, LONGEST - 1).join("")}…`;
}
