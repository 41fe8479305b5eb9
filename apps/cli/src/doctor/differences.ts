/** What sets two addresses apart that a client compares byte for byte, in words; undefined when nothing does. */
export function difference(expected: string, found: string): string | undefined {
  if (expected === found) return undefined;
  if (`${expected}/` === found) return "it has a slash at its end that the other has not";
  if (expected === `${found}/`) return "it lacks the slash at its end that the other has";
  if (expected.toLowerCase() === found.toLowerCase()) return "upper and lower case differ";
  if (expected.trim() === found.trim()) return "there is white space around it";
  return urlDifference(expected, found);
}

function urlDifference(expected: string, found: string): string {
  if (!URL.canParse(expected) || !URL.canParse(found)) return "it is no URL";
  const [a, b] = [new URL(expected), new URL(found)];
  if (a.href === b.href) return "they are spelled differently (default port, percent-encoding or case of the host)";
  const parts = [
    ["scheme", a.protocol, b.protocol],
    ["host", a.hostname, b.hostname],
    ["port", a.port, b.port],
    ["path", a.pathname, b.pathname],
    ["query", a.search, b.search],
    ["fragment", a.hash, b.hash],
  ] as const;
  const differing = parts.filter(([, left, right]) => left !== right).map(([name]) => name);
  return `${differing.join(" and ")} ${differing.length === 1 ? "differs" : "differ"}`;
}

/** Members of a document that are null, at any depth: strict parsers refuse those. */
export function nullMembers(value: unknown, path = ""): readonly string[] {
  if (value === null) return [path];
  if (typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, member]) => nullMembers(member, path === "" ? name : `${path}.${name}`));
}

/** Is it an https URL, or http on this machine? */
export function isSecure(address: unknown): boolean {
  if (typeof address !== "string" || !URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === "https:" || (protocol === "http:" && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$|\.localhost$/.test(hostname));
}

export function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
}
