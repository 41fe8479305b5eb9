import { setTimeout as pause } from "node:timers/promises";
import type { AppendResult, EventStore, SealedEvent } from "@grantline/event-store";
import { describe, expect, it } from "vitest";
import { eventCounter, showingAppends } from "./measure.ts";

const event = (stream: string, type: string, data: object): SealedEvent => ({
  id: "i",
  stream,
  revision: 0,
  type,
  hash: "h",
  body: JSON.stringify({ data }),
});

describe("counting events", () => {
  it("counts streams by their kind, and tokens by grant type and format", async () => {
    const counted: string[] = [];
    const metrics = {
      appended: (stream: string, count: number) => void counted.push(`${stream} ${count}`),
      tokenIssued: (grantType: string, format: string, count = 1) => void counted.push(`${grantType} ${format} ${count}`),
    };
    const count = eventCounter(metrics);
    count([event("grant-a", "RefreshTokenRotated", { access: { format: "jwt" } })]);
    count([
      event("grant-a", "GrantAuthorized", {}),
      event("grant-a", "CodeRedeemed", { access: { format: "opaque" } }),
      event("grant-b", "RefreshTokenRotated", { access: { format: "jwt" } }),
      event("issuance-w-1", "AccessTokenIssued", { grantType: "client_credentials", access: { format: "jwt" } }),
      event("client-c", "ClientRegistered", { metadata: { client_name: '"format":"opaque"' } }),
    ]);
    expect(counted).toEqual([]);
    await pause(60);
    expect(counted.toSorted()).toEqual([
      "authorization_code opaque 1",
      "client 1",
      "client_credentials jwt 1",
      "grant 4",
      "issuance 1",
      "refresh_token jwt 2",
    ]);
  });

  it("shows an append once it is in the store, and none that met a conflict", async () => {
    const shown: string[] = [];
    const answers: AppendResult[] = [
      { kind: "appended", position: "1", revision: 0 },
      { kind: "conflict", actual: 3 },
    ];
    const store = { append: async () => answers.shift() } as unknown as EventStore;
    const showing = showingAppends(store, (events) => void shown.push(...events.map(({ stream }) => stream)));
    const append = (stream: string): Promise<AppendResult> => showing.append(stream, -1, [event(stream, "ClientRegistered", {})]);
    expect([(await append("client-a")).kind, (await append("client-b")).kind]).toEqual(["appended", "conflict"]);
    expect(shown).toEqual(["client-a"]);
  });
});
