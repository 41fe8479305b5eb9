import type { UpstreamState } from "@grantline/domain/upstream";
import { describe, expect, it } from "vitest";
import type { RefreshParts } from "./refresh/refresh.ts";
import type { GatewayServer } from "./upstream.port.ts";
import { createUpstreams } from "./upstreams.ts";

const meta = { correlationId: "c", actor: { kind: "user", id: "alice" } } as const;
const server = (url: string): GatewayServer => ({ name: "notes", url, provider: "custom", authorization: "oauth", scopes: [], policy: {} });

describe("questions that are asked at once", () => {
  it("are one for one server, and two where it has just moved: its tokens go to the place they were asked for", async () => {
    const connection = {
      provider: "custom",
      target: "https://old.example/mcp",
      issuer: "https://as.example",
      clientId: "c",
      scopes: [],
      refreshable: false,
      generation: 1,
      record: 1,
      secretName: "s",
      authorizedAt: 0,
      refreshedAt: 0,
    };
    const state = { status: "connected", issued: 1, attempts: {}, failures: 0, unasked: 0, connection } as unknown as UpstreamState;
    let reads = 0;
    const parts = {
      context: {
        gateway: { providers: [], refreshAhead: 60 },
        clock: { now: () => 100 },
        flags: { enabled: () => true },
        upstreams: { load: async () => ({ state }) },
      },
      records: {
        read: async () => {
          reads += 1;
          return { record: 1, accessToken: "for-old", scopes: [] };
        },
      },
      unsaved: new Map(),
    } as unknown as RefreshParts;
    const upstreams = createUpstreams(parts);
    const ask = (url: string) => upstreams.access({ user: "alice", server: server(url), meta });
    const [one, same, moved] = await Promise.all([
      ask("https://old.example/mcp"),
      ask("https://old.example/mcp"),
      ask("https://new.example/mcp"),
    ]);
    expect([one, same]).toMatchObject([{ accessToken: "for-old" }, { accessToken: "for-old" }]);
    expect(moved).toEqual({ kind: "none", reason: "not-connected" });
    expect(reads).toBe(1);
  });
});
