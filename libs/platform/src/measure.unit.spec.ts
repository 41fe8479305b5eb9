import type { StoredEvent } from "@grantline/event-store";
import { describe, expect, it } from "vitest";
import { countEvents } from "./measure.ts";

const event = (stream: string, type: string, data: object): StoredEvent => ({
  position: "1",
  id: "i",
  stream,
  revision: 0,
  type,
  hash: "h",
  body: JSON.stringify({ data }),
});

describe("counting events", () => {
  it("counts streams by their kind, and tokens by grant type and format", () => {
    const counted: string[] = [];
    const metrics = {
      appended: (stream: string, count: number) => void counted.push(`${stream} ${count}`),
      tokenIssued: (grantType: string, format: string) => void counted.push(`${grantType} ${format}`),
    };
    countEvents(metrics, [
      event("grant-a", "GrantAuthorized", {}),
      event("grant-a", "CodeRedeemed", { access: { format: "opaque" } }),
      event("grant-b", "RefreshTokenRotated", { access: { format: "jwt" } }),
      event("issuance-w-1", "AccessTokenIssued", { grantType: "client_credentials", access: { format: "jwt" } }),
      event("client-c", "ClientRegistered", { metadata: { client_name: '"format":"opaque"' } }),
    ]);
    expect(counted).toEqual([
      "authorization_code opaque",
      "refresh_token jwt",
      "client_credentials jwt",
      "grant 3",
      "issuance 1",
      "client 1",
    ]);
  });
});
