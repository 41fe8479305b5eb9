import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AccessTokenIssued } from "@grantline/domain/issuance";
import { createIssuanceWriter, EventStoreUnavailable, verifyStream } from "@grantline/event-store";
import type { EventStore } from "@grantline/event-store";
import { openFolder } from "./fixtures/sqlite-place.ts";
import { openSqliteEventStore } from "./open.ts";

const meta = { correlationId: "c", actor: { kind: "client", id: "c1" } } as const;
let now = 0;
let random = 0;
let folder: Awaited<ReturnType<typeof openFolder>>;
let store: EventStore;

beforeEach(async () => {
  now = Date.UTC(2026, 4, 6, 7, 59, 58) / 1000;
  folder = await openFolder();
  store = await openSqliteEventStore({ file: folder.file });
});
afterEach(async () => {
  await store.close();
  await folder.remove();
});

const writerOn = (on: EventStore) =>
  createIssuanceWriter({
    store: on,
    clock: { now: () => now },
    random: { hex: (bytes) => (++random).toString(16).padStart(bytes * 2, "0") },
    region: "eu1",
    service: "test",
  });
const mint = (locator: string): { event: AccessTokenIssued; result: string } => ({
  event: {
    type: "AccessTokenIssued",
    data: {
      clientId: "c1",
      sub: "c1",
      entity: "service",
      grantType: "client_credentials",
      generations: { client: 0 },
      access: { jti: locator, hash: "h", format: "opaque", aud: "https://mcp.example", scope: ["a"], iat: now, exp: now + 900 },
    },
  },
  result: locator,
});
const many = (writer: ReturnType<typeof writerOn>, count: number) =>
  Promise.all(Array.from({ length: count }, () => writer.issue(mint, meta)));
const streamOf = (locator: string) => `issuance-${locator.slice(0, locator.indexOf("."))}`;

describe("issuing tokens without a grant", () => {
  it("records each at the place its locator names, durably, on one intact chain", async () => {
    const writer = writerOn(store);
    const locators = [...(await many(writer, 1_500)), ...(await many(writer, 3))];
    expect(locators[0]).toMatch(/^[a-z0-9]{8}-2026050607\.0$/);
    expect(locators.map((locator) => Number(locator.split(".")[1]))).toEqual(locators.map((_, i) => i));
    const stored = await store.readStream(streamOf(locators[0]!));
    expect(stored).toHaveLength(1_503);
    expect(verifyStream(stored)).toMatchObject({ kind: "intact" });
    expect(await writer.read(locators[777]!)).toMatchObject({
      revision: 777,
      event: { type: "AccessTokenIssued", data: { access: { jti: locators[777] } } },
    });
  });

  it("finds nothing at a locator that was not issued or is none", async () => {
    const writer = writerOn(store);
    const locator = await writer.issue(mint, meta);
    const slot = locator.split(".")[0];
    for (const wrong of [
      `${slot}.1`,
      `${slot}.00`,
      `${slot}.-1`,
      `${slot}.0x`,
      `zzzzzzzz-2026050607.0`,
      slot!,
      "",
      `${slot}.9999999999999999`,
    ]) {
      expect(await writer.read(wrong)).toBeUndefined();
    }
    await writer.read(locator);
    expect(writer.readCached(locator)).toMatchObject({ revision: 0 });
  });

  it("begins a new stream each hour", async () => {
    const writer = writerOn(store);
    const before = await writer.issue(mint, meta);
    now += 2;
    const after = await writer.issue(mint, meta);
    expect(after).toMatch(/-2026050608\.0$/);
    for (const locator of [before, after]) expect(await store.readStream(streamOf(locator))).toHaveLength(1);
  });

  it("uses no revision for a token that could not be made", async () => {
    const writer = writerOn(store);
    await writer.issue(mint, meta);
    await expect(
      writer.issue(() => {
        throw new Error("no key");
      }, meta),
    ).rejects.toThrow("no key");
    expect(await writer.issue(mint, meta)).toMatch(/\.1$/);
  });

  it("fails all that wait behind an append of unknown outcome, and goes on in a new stream", async () => {
    let failures = 0;
    const shaky: EventStore = {
      ...store,
      append: async (...args) => {
        if (failures-- > 0) throw new EventStoreUnavailable("no answer");
        return store.append(...args);
      },
    };
    const writer = writerOn(shaky);
    const first = await writer.issue(mint, meta);
    failures = 1;
    const lost = await Promise.allSettled(Array.from({ length: 1_200 }, () => writer.issue(mint, meta)));
    expect(lost.every((one) => one.status === "rejected" && one.reason instanceof EventStoreUnavailable)).toBe(true);
    const next = await writer.issue(mint, meta);
    expect(next).toMatch(/\.0$/);
    expect(streamOf(next)).not.toBe(streamOf(first));
    expect(await store.readStream(streamOf(first))).toHaveLength(1);
  });

  it("gives up a stream that another writer got hold of", async () => {
    const one = writerOn(store);
    const locator = await one.issue(mint, meta);
    const [taken] = await store.readStream(streamOf(locator));
    await store.append(streamOf(locator), 0, [{ ...taken!, id: "other", revision: 1 }]);
    await expect(one.issue(mint, meta)).rejects.toThrow(EventStoreUnavailable);
    expect(await one.issue(mint, meta)).toMatch(/\.0$/);
  });

  it("finishes what is on its way at close, and refuses more", async () => {
    const writer = writerOn(store);
    const asked = many(writer, 100);
    await writer.close();
    expect(await store.readAll("0", 1000)).toHaveLength(100);
    await asked;
    await expect(writer.issue(mint, meta)).rejects.toThrow(EventStoreUnavailable);
  });
});
