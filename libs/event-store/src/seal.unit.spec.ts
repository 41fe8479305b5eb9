import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { SealedEvent, StoredEvent } from "./port.ts";
import { parseEvent } from "./parse.ts";
import { sealEvents } from "./seal.ts";
import type { Definitions } from "./seal.ts";
import { uuidV7 } from "./uuid-v7.ts";
import { verifyStream } from "./verify.ts";

const definitions: Definitions = {
  CoinTossed: { version: 1, ignorable: false },
  CoinAdmired: { version: 1, ignorable: true },
};
const meta = { correlationId: "c-1", actor: { kind: "user", id: "u-1" }, region: "eu1", service: "test" } as const;
const atMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

function toss(count: number, type = "CoinTossed"): SealedEvent[] {
  const events = Array.from({ length: count }, (_, i) => ({ type, data: { face: i % 2 === 0 ? "heads" : "tails" } }));
  return sealEvents({ stream: 'coin-"1"', previousHash: "", revision: 0, events, definitions, meta, atMs });
}
const stored = (event: SealedEvent): StoredEvent => ({ ...event, position: "1" });

describe("sealing", () => {
  it("writes the whole envelope as JSON", () => {
    const [event] = toss(1);
    expect(JSON.parse(event!.body)).toEqual({
      id: event!.id,
      stream: 'coin-"1"',
      revision: 0,
      type: "CoinTossed",
      version: 1,
      at: "2026-01-02T03:04:05.678Z",
      data: { face: "heads" },
      meta,
    });
  });

  it("chains each event to the one before by the stated hash", () => {
    const [first, second] = toss(2);
    const sha = (text: string) => createHash("sha256").update(text).digest("base64url");
    expect(first!.hash).toBe(sha(first!.body));
    expect(second!.hash).toBe(sha(first!.hash + second!.body));
  });

  it("goes on from a given hash and revision", () => {
    const whole = toss(1);
    const more = sealEvents({
      stream: 'coin-"1"',
      previousHash: whole[0]!.hash,
      revision: 1,
      events: [{ type: "CoinTossed", data: {} }],
      definitions,
      meta,
      atMs,
    });
    expect(verifyStream([...whole, ...more])).toMatchObject({ kind: "intact", events: 2 });
  });

  it("tells readers of the future which types they may skip", () => {
    expect(JSON.parse(toss(1, "CoinAdmired")[0]!.body)).toMatchObject({ ignorable: true });
  });

  it("refuses a type nobody defined", () => {
    expect(() => toss(1, "CoinEaten")).toThrow("no definition for event CoinEaten");
  });

  it("gives ids that are UUIDv7, different, and ordered by time", () => {
    const ids = Array.from({ length: 1000 }, (_, i) => uuidV7(atMs + i));
    expect(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).toBe(true);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(Array.from({ length: 1000 }, () => uuidV7(atMs))).size).toBe(1000);
    expect(Number.parseInt(uuidV7(atMs).replace("-", "").slice(0, 12), 16)).toBe(atMs);
  });
});

describe("parsing", () => {
  it("gives the event with the whole second it was recorded in", () => {
    const read = parseEvent(stored(toss(1)[0]!), definitions);
    expect(read).toMatchObject({
      revision: 0,
      at: "2026-01-02T03:04:05.678Z",
      meta,
      event: { type: "CoinTossed", at: Math.floor(atMs / 1000), version: 1 },
    });
    expect(read.unknown).toBeUndefined();
  });

  it("lifts old data through every version to today's", () => {
    const today: Definitions = {
      CoinTossed: {
        version: 4,
        ignorable: false,
        upcasters: { 1: ({ face }) => ({ side: face }), 2: (data) => data, 3: (data) => ({ ...data, fair: true }) },
      },
    };
    expect(parseEvent(stored(toss(1)[0]!), today)).toMatchObject({
      version: 4,
      event: { version: 4, data: { side: "heads", fair: true } },
    });
  });

  it("guesses nothing where a step is missing: the event comes as written, unknown (P8, P11)", () => {
    const today: Definitions = { CoinTossed: { version: 3, ignorable: false, upcasters: { 1: ({ face }) => ({ side: face }) } } };
    expect(parseEvent(stored(toss(1)[0]!), today)).toMatchObject({
      unknown: true,
      version: 1,
      event: { version: 1, data: { face: "heads" } },
    });
  });

  it("marks a type it does not know, and a version newer than it knows", () => {
    expect(parseEvent(stored(toss(1)[0]!), {})).toMatchObject({ unknown: true, event: { data: { face: "heads" } } });
    expect(parseEvent(stored(toss(1)[0]!), { CoinTossed: { version: 0, ignorable: false } })).toMatchObject({ unknown: true });
    expect(parseEvent(stored(toss(1, "CoinAdmired")[0]!), {})).toMatchObject({ unknown: true, ignorable: true });
  });

  it("finds the definitions in the catalogue by the stream's name, and knows no other streams", () => {
    const event = { type: "AccessTokenRevoked", data: { jti: "j", clientId: "c", exp: 1, reason: "asked" } };
    const [sealed] = sealEvents({
      stream: "token-j",
      previousHash: "",
      revision: 0,
      events: [event],
      definitions: { AccessTokenRevoked: { version: 1, ignorable: false } },
      meta,
      atMs,
    });
    expect(parseEvent(stored(sealed!)).unknown).toBeUndefined();
    expect(parseEvent(stored(toss(1)[0]!)).unknown).toBe(true);
  });
});

describe("verifying a stream", () => {
  const events = toss(5);
  const changed = (revision: number, change: Partial<SealedEvent>) =>
    events.map((event) => (event.revision === revision ? { ...event, ...change } : event));

  it("accepts what was sealed, from the start or from a known point", () => {
    expect(verifyStream(events)).toEqual({ kind: "intact", hash: events[4]!.hash, events: 5 });
    expect(verifyStream(events.slice(3), { revision: 2, hash: events[2]!.hash })).toMatchObject({ kind: "intact", events: 2 });
  });

  it("names the first revision whose body was altered", () => {
    const body = events[2]!.body.replace("heads", "tails");
    expect(verifyStream(changed(2, { body }))).toEqual({ kind: "broken", revision: 2, why: "hash-mismatch" });
  });

  it("finds the event after one that was altered together with its hash", () => {
    const body = events[2]!.body.replace("heads", "tails");
    const hash = createHash("sha256")
      .update(events[1]!.hash + body)
      .digest("base64url");
    expect(verifyStream(changed(2, { body, hash }))).toEqual({ kind: "broken", revision: 3, why: "hash-mismatch" });
  });

  it("finds a removed, an inserted and a swapped event", () => {
    expect(verifyStream(events.toSpliced(1, 1))).toMatchObject({ revision: 1, why: "revision-gap" });
    expect(verifyStream(events.toSpliced(1, 0, events[0]!))).toMatchObject({ revision: 1, why: "revision-gap" });
    expect(verifyStream([events[0]!, events[2]!, events[1]!])).toMatchObject({ revision: 1 });
  });

  it("finds columns that say something else than the body", () => {
    expect(verifyStream(changed(3, { type: "CoinAdmired" }))).toEqual({ kind: "broken", revision: 3, why: "body-mismatch" });
  });
});
