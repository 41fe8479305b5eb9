/** One subscriber's line: what was pushed and not yet read, with a bound. */
export interface Connection {
  /** Revocations: none may be lost. More than the bound unread, and the line is cut: the client comes back with its last position. */
  push(text: string): void;
  /** A checkpoint: the newest is enough. */
  checkpoint(text: string): void;
  /** Ends in order: what has been pushed is still read. */
  end(): void;
  readonly stream: AsyncIterable<string>;
}

/** Characters a slow reader may be behind. */
const MOST_UNREAD = 256 * 1024;

/** The subscriber did not read as fast as things were revoked. Its line is cut, which the rim does for any stream that fails. */
export class TooSlow extends Error {
  override readonly name = "TooSlow";
}

export function createConnection(onClosed: () => void, mostUnread = MOST_UNREAD): Connection {
  let unread = "";
  let newest = "";
  let state: "open" | "ended" | "cut" | "closed" = "open";
  let waiting: (() => void) | undefined;

  const wake = (): void => {
    const resume = waiting;
    waiting = undefined;
    resume?.();
  };
  const leave = (as: "ended" | "cut" | "closed"): void => {
    if (state !== "open") return;
    state = as;
    onClosed();
    wake();
  };
  const take = (): string => {
    const text = unread + newest;
    unread = "";
    newest = "";
    return text;
  };
  const next = async (): Promise<IteratorResult<string>> => {
    while (state === "open" && unread === "" && newest === "") await new Promise<void>((resolve) => (waiting = resolve));
    if (state === "cut") throw new TooSlow(`more than ${mostUnread} characters unread`);
    const text = state === "closed" ? "" : take();
    return text === "" ? { done: true, value: undefined } : { done: false, value: text };
  };
  const close = async (): Promise<IteratorResult<string>> => {
    leave("closed");
    return { done: true, value: undefined };
  };
  return {
    push(text) {
      if (state !== "open") return;
      // a checkpoint unread vouches for less than what follows it: it goes out before, or not at all
      unread += newest + text;
      newest = "";
      if (unread.length > mostUnread) return leave("cut");
      wake();
    },
    checkpoint(text) {
      if (state !== "open") return;
      newest = text;
      wake();
    },
    end: () => leave("ended"),
    stream: { [Symbol.asyncIterator]: () => ({ next, return: close }) },
  };
}
