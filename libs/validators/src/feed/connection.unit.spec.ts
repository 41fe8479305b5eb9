import { describe, expect, it } from "vitest";
import { createConnection, TooSlow } from "./connection.ts";

function line(most?: number) {
  let closed = 0;
  const connection = createConnection(() => void (closed += 1), most);
  return { connection, reader: connection.stream[Symbol.asyncIterator](), closed: () => closed };
}

describe("a line", () => {
  it("gives what was pushed meanwhile in one piece, and waits when there is nothing", async () => {
    const { connection, reader } = line();
    connection.push("a");
    connection.push("b");
    expect(await reader.next()).toEqual({ done: false, value: "ab" });
    const waiting = reader.next();
    connection.push("c");
    expect(await waiting).toEqual({ done: false, value: "c" });
  });

  it("keeps only the newest checkpoint unread, and never puts it behind a revocation it does not know of", async () => {
    const { connection, reader } = line();
    connection.checkpoint("1 ");
    connection.checkpoint("2 ");
    connection.push("revoked ");
    connection.checkpoint("3 ");
    connection.checkpoint("4 ");
    expect(await reader.next()).toEqual({ done: false, value: "2 revoked 4 " });
  });

  it("is cut when its reader is too far behind, and told of once", async () => {
    const { connection, reader, closed } = line(10);
    connection.push("12345");
    connection.push("678901");
    await expect(reader.next()).rejects.toBeInstanceOf(TooSlow);
    connection.push("more");
    connection.end();
    expect(closed()).toBe(1);
  });

  it("that is ended still gives what was pushed before", async () => {
    const { connection, reader, closed } = line();
    connection.push("last");
    connection.end();
    expect(await reader.next()).toEqual({ done: false, value: "last" });
    expect(await reader.next()).toEqual({ done: true, value: undefined });
    expect(closed()).toBe(1);
  });

  it("whose reader has gone is closed, whatever it was waiting for", async () => {
    const { connection, reader, closed } = line();
    const waiting = reader.next();
    await reader.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    connection.push("nobody reads this");
    connection.checkpoint("nor this");
    expect(await reader.next()).toEqual({ done: true, value: undefined });
    expect(closed()).toBe(1);
  });
});
