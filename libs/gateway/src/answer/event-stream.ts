/** One server-sent event of MCP: the JSON-RPC message in `data`. */
export function eventOf(message: object): string {
  return `event: message\ndata: ${JSON.stringify(message)}\n\n`;
}

/**
 * Rewrites the data of server-sent events on their way, event by event (HTML, server-sent events §9.2.6). `rewrite` answers the new data, or undefined for
 * an event that stays as it is. An event larger than `most` letters ends the stream by a throw.
 */
export function createEventRewriter(rewrite: (data: string) => string | undefined, most: number): (piece: Uint8Array) => string {
  const decoder = new TextDecoder();
  let rest = "";
  let tail = "";
  return (piece) => {
    const text = decoder.decode(piece, { stream: true });
    // only what is new is looked at: a large event in small pieces must not cost its length squared
    const recent = tail + text;
    rest += text;
    tail = recent.slice(1 - LONGEST_END);
    let out = "";
    if (END.test(recent)) {
      for (let end = endOfEvent(rest); end !== undefined; end = endOfEvent(rest)) {
        out += rewritten(rest.slice(0, end), rewrite);
        rest = rest.slice(end);
      }
      tail = rest.slice(1 - LONGEST_END);
    }
    if (rest.length > most) throw new RangeError(`an event of more than ${most} letters`);
    return out;
  };
}

const END = /\r\n\r\n|\n\n|\r\r/;
const LONGEST_END = 4;

/** Behind the empty line that ends the first event. */
function endOfEvent(text: string): number | undefined {
  const found = END.exec(text);
  return found === null ? undefined : found.index + found[0].length;
}

function rewritten(event: string, rewrite: (data: string) => string | undefined): string {
  const lines = event.split(/\r\n|\n|\r/);
  const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice("data:".length).replace(/^ /, ""));
  if (data.length === 0) return event;
  const changed = rewrite(data.join("\n"));
  if (changed === undefined) return event;
  const others = lines.filter((line) => line !== "" && !line.startsWith("data:"));
  return `${[...others, ...changed.split("\n").map((line) => `data: ${line}`)].join("\n")}\n\n`;
}
