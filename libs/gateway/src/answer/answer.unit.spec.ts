import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEventRewriter } from "./event-stream.ts";
import { guardedStream } from "./guarded-stream.ts";
import { withoutHiddenTools } from "./tool-lists.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("events on their way", () => {
  const shout = (data: string): string | undefined => (data.startsWith("x") ? data.toUpperCase() : undefined);

  it("are rewritten whole, wherever the pieces are cut", () => {
    const text = 'id: 7\ndata: xä\n\n: comment\n\nevent: message\r\ndata: {"a":1}\r\n\r\ndata: x1\ndata: x2\n\n';
    fc.assert(
      fc.property(fc.array(fc.nat(80), { maxLength: 8 }), (cuts) => {
        const rewrite = createEventRewriter(shout, 1_000);
        const all = bytes(text);
        const places = [0, ...cuts.map((cut) => Math.min(cut, all.length)).toSorted((a, b) => a - b), all.length];
        const out = places.slice(1).map((end, n) => rewrite(all.slice(places[n], end)));
        expect(out.join("")).toBe('id: 7\ndata: XÄ\n\n: comment\n\nevent: message\r\ndata: {"a":1}\r\n\r\ndata: X1\ndata: X2\n\n');
      }),
    );
  });

  it("cost what they are long, in however small pieces they come", () => {
    const piece = bytes("x".repeat(64));
    const rewrite = createEventRewriter(shout, 100_000_000);
    const secondsFor = (pieces: number): number => {
      const begun = process.cpuUsage();
      for (let n = 0; n < pieces; n += 1) rewrite(piece);
      return process.cpuUsage(begun).user / 1e6;
    };
    rewrite(bytes("data: "));
    // looked through from its start at every piece, this event would cost minutes
    expect(secondsFor(40_000)).toBeLessThan(20);
    expect(rewrite(bytes("\n\n"))).toHaveLength(6 + 40_000 * 64 + 2);
  });

  it("have a bound", () => {
    expect(() => createEventRewriter(shout, 10)(bytes(`data: ${"x".repeat(20)}`))).toThrow(RangeError);
  });
});

describe("lists of tools", () => {
  it("lose what may not be called, alone and in batches; other messages stay as they came", () => {
    const list = { jsonrpc: "2.0", id: 1, result: { tools: [{ name: "a" }, { name: "b" }], nextCursor: "n" } };
    expect(JSON.parse(withoutHiddenTools({ deny: ["b"] }, JSON.stringify(list)) as string)).toEqual({
      ...list,
      result: { tools: [{ name: "a" }], nextCursor: "n" },
    });
    expect(JSON.parse(withoutHiddenTools({ deny: ["b"] }, JSON.stringify([list])) as string)).toHaveLength(1);
    expect(withoutHiddenTools({ deny: ["b"] }, '{"jsonrpc":"2.0","id":1,"result":{}}')).toBeUndefined();
    expect(withoutHiddenTools({ deny: ["b"] }, '"tools" is no JSON')).toBeUndefined();
  });
});

describe("a stream under guard", () => {
  function source(): {
    readonly incoming: Parameters<typeof guardedStream>[0];
    push(text: string): void;
    fail(): void;
    readonly closed: () => boolean;
  } {
    let closed = false;
    let settle = Promise.withResolvers<IteratorResult<Uint8Array>>();
    return {
      incoming: { pieces: { next: () => settle.promise.finally(() => (settle = Promise.withResolvers())) }, close: () => (closed = true) },
      push: (text) => settle.resolve({ done: false, value: bytes(text) }),
      fail: () => settle.reject(new Error("cut")),
      closed: () => closed,
    };
  }

  it("ends at once when the guard says so, also while it waits, and closes the server's side", async () => {
    const { incoming, closed } = source();
    let over = (): void => undefined;
    let watched = true;
    const stream = guardedStream(incoming, [], {
      watch: (end) => {
        over = end;
        return () => (watched = false);
      },
    });
    const iterator = stream[Symbol.asyncIterator]();
    void iterator.next();
    over();
    expect([closed(), watched]).toEqual([true, false]);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it("closes the server's side when the client leaves while it waits", async () => {
    const { incoming, closed } = source();
    const iterator = guardedStream(incoming, [], { watch: () => () => undefined })[Symbol.asyncIterator]();
    void iterator.next();
    await iterator.return?.();
    expect(closed()).toBe(true);
  });

  it("gives what was read before, then what comes, and a last word when the server breaks off", async () => {
    const { incoming, push, fail, closed } = source();
    const iterator = guardedStream(incoming, [bytes("a")], { watch: () => () => undefined, onCut: () => "last" })[Symbol.asyncIterator]();
    expect(new TextDecoder().decode((await iterator.next()).value as Uint8Array)).toBe("a");
    const second = iterator.next();
    push("b");
    expect(new TextDecoder().decode((await second).value as Uint8Array)).toBe("b");
    const third = iterator.next();
    fail();
    expect(await third).toEqual({ done: false, value: "last" });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(closed()).toBe(true);
  });
});
