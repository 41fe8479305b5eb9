/** Adds parameters to a URI's query, leaving every byte of what is there (RFC 6749 §4.1.2). Undefined values are left out. */
export function withParameters(uri: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const added = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) added.set(name, value);
  const text = added.toString();
  if (text === "") return uri;
  if (!uri.includes("?")) return `${uri}?${text}`;
  return uri.endsWith("?") || uri.endsWith("&") ? `${uri}${text}` : `${uri}&${text}`;
}
