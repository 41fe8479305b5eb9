export interface Call {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

interface Answer {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** A program that speaks MCP over standard input and output, as desktop applications do: it initializes, makes its calls one by one, and goes. */
export class StdioProgram {
  readonly #calls: readonly Call[];
  #asked = 0;

  constructor(calls: readonly Call[]) {
    const clientInfo = { name: "Stock program", version: "1.0.0" };
    this.#calls = [{ method: "initialize", params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo } }, ...calls];
  }

  /** What it says next, given all it has heard so far; nothing while it waits, "bye" after its last answer. */
  next(heard: string): string | undefined {
    const answered = answersIn(heard).length;
    if (answered < this.#asked) return undefined;
    const call = this.#calls[this.#asked];
    if (call === undefined) return "bye";
    const id = this.#asked++;
    const initialized = id === 1 ? line({ method: "notifications/initialized" }) : "";
    return initialized + line({ id, ...call });
  }

  /** What its calls came to, in order, without the answer to the initialization. */
  results(heard: string): readonly unknown[] {
    return answersIn(heard)
      .slice(1)
      .map(({ result, error }) => result ?? error);
  }
}

function answersIn(heard: string): readonly Answer[] {
  const whole = heard.slice(0, heard.lastIndexOf("\n") + 1).split("\n");
  return whole
    .filter((text) => text.startsWith("{"))
    .map((text) => JSON.parse(text) as Answer)
    .filter(({ id }) => id !== undefined);
}

function line(message: object): string {
  return `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`;
}
