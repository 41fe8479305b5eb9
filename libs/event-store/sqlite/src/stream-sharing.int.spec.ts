import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EventStore } from "@grantline/event-store";
import { meta, purses } from "./fixtures/purse.ts";
import { openFolder } from "./fixtures/sqlite-place.ts";
import { openSqliteEventStore } from "./open.ts";

let folder: Awaited<ReturnType<typeof openFolder>>;
let ownerStore: EventStore;
let peerStore: EventStore;

beforeEach(async () => {
  folder = await openFolder();
  ownerStore = await openSqliteEventStore({ file: folder.file, listen: folder.socket });
  peerStore = await openSqliteEventStore({ file: folder.file, connect: folder.socket });
});
afterEach(async () => {
  await peerStore.close();
  await ownerStore.close();
  await folder.remove();
});

describe("two processes' handles on one store", () => {
  it("never answer from a cache that is older than what the other was told", async () => {
    const owner = purses(ownerStore);
    const peer = purses(peerStore);
    for (let i = 0; i < 200; i++) {
      const [writer, reader] = i % 2 === 0 ? [owner, peer] : [peer, owner];
      await writer.execute(`p${i % 3}`, { kind: "fill", amount: 1 }, meta);
      const held = Math.floor(i / 3) + 1;
      expect((reader.loadCached(`p${i % 3}`) ?? (await reader.load(`p${i % 3}`))).state.held).toBe(held);
      expect((writer.loadCached(`p${i % 3}`) ?? (await writer.load(`p${i % 3}`))).state.held).toBe(held);
    }
  });

  it("know of a stream the other opened after both had found it missing", async () => {
    const owner = purses(ownerStore);
    const peer = purses(peerStore);
    for (const one of [owner, peer]) expect(await one.load("a")).toMatchObject({ revision: -1 });
    await peer.execute("a", { kind: "fill", amount: 1 }, meta);
    for (const one of [owner, peer]) expect(await one.load("a")).toMatchObject({ revision: 0 });
  });

  it("still answer from memory while both are writing", async () => {
    const owner = purses(ownerStore);
    const peer = purses(peerStore);
    const work = (one: typeof owner, name: string) =>
      Promise.all(Array.from({ length: 50 }, (_, i) => one.execute(`${name}-${i}`, { kind: "fill", amount: 1 }, meta)));
    await Promise.all([work(owner, "o"), work(peer, "p")]);
    const cached = (one: typeof owner, name: string) =>
      Array.from({ length: 50 }, (_, i) => one.loadCached(`${name}-${i}`)).filter((state) => state !== undefined);
    expect(cached(owner, "o")).toHaveLength(50);
    expect(cached(peer, "p")).toHaveLength(50);
  });
});
