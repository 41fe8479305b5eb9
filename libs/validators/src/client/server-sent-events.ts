/** One event of a stream of server-sent events. */
export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
  readonly id?: string;
}

/** Longest event taken in before it is no event any more, characters. */
const LONGEST = 1_000_000;

/** HTML, server-sent events §9.2.6: takes text in pieces as it comes, gives the events that are complete. Throws RangeError for one without end. */
export function createEventReader(): (piece: string) => readonly ServerSentEvent[] {
  let rest = "";
  return (piece) => {
    rest += piece;
    const blocks = rest.split(/\r?\n\r?\n/);
    rest = blocks.pop() as string;
    if (rest.length > LONGEST) throw new RangeError("an event without end");
    return blocks.flatMap(parseBlock);
  };
}

function parseBlock(block: string): readonly ServerSentEvent[] {
  const fields = new Map<string, string>();
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    // a line that begins with a colon is a comment
    if (colon === 0) continue;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    const before = fields.get(name);
    fields.set(name, name === "data" && before !== undefined ? `${before}\n${value}` : value);
  }
  const data = fields.get("data");
  if (data === undefined) return [];
  const id = fields.get("id");
  return [{ event: fields.get("event") ?? "message", data, ...(id === undefined ? {} : { id }) }];
}
