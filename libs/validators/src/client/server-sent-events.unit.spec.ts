import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEventReader } from "./server-sent-events.ts";

const TEXT =
  'retry: 250\n\nevent: revocation\nid: 7\ndata: {"kind":"token"}\n\n: a comment\n\ndata:one\ndata: two\n\r\ndata\n\nevent: lost\n\n';

describe("server-sent events", () => {
  it("are the same however the text was cut into pieces", () => {
    const whole = createEventReader()(TEXT);
    expect(whole).toEqual([
      { event: "revocation", id: "7", data: '{"kind":"token"}' },
      { event: "message", data: "one\ntwo" },
      { event: "message", data: "" },
    ]);
    fc.assert(
      fc.property(fc.array(fc.nat(TEXT.length)), (cuts) => {
        const read = createEventReader();
        const places = [0, ...cuts.toSorted((a, b) => a - b), TEXT.length];
        const pieces = places.slice(1).map((end, index) => TEXT.slice(places[index], end));
        expect(pieces.flatMap((piece) => read(piece))).toEqual(whole);
      }),
    );
  });

  it("without an end are no events", () => {
    const read = createEventReader();
    expect(() => {
      for (let piece = 0; piece < 20; piece += 1) read("x".repeat(100_000));
    }).toThrow(RangeError);
  });
});
