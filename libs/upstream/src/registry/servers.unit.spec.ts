// Fake: the read model, which notes what it is asked.
import { describe, expect, it } from "vitest";
import { createServers } from "./servers.ts";

function registry(names: readonly string[]) {
  const limits: number[] = [];
  const list = (_table: string, { limit = 0, cursor = "0" }: { readonly limit?: number; readonly cursor?: string }) => {
    limits.push(limit);
    const [from, to] = [Number(cursor), Number(cursor) + limit];
    const rows = names.slice(from, to).map((name) => ({ key: name, revision: 0, value: { server: { name } } }));
    return Promise.resolve({ rows, ...(to < names.length ? { nextCursor: String(to) } : {}) });
  };
  const parts = { readModel: { list }, projector: { fresh: (read: () => unknown) => read() } };
  return { limits, servers: createServers(parts as unknown as Parameters<typeof createServers>[0]) };
}

describe("whether there is but one server", () => {
  it.each<[string, readonly string[], string | undefined]>([
    ["none", [], undefined],
    ["one", ["a"], "a"],
    ["two", ["a", "b"], undefined],
    ["very many", Array.from({ length: 500 }, (_, n) => `s${n}`), undefined],
  ])("is known from two rows where there are %s", async (_how, names, found) => {
    const { servers, limits } = registry(names);
    expect((await servers.only())?.name).toBe(found);
    expect(limits).toEqual([2]);
  });

  it("is another question than which there are", async () => {
    const { servers } = registry(Array.from({ length: 250 }, (_, n) => `s${n}`));
    expect(await servers.list()).toHaveLength(250);
  });
});
