import { describe, expect, it } from "vitest";
import type { GrantBasis } from "@grantline/domain/grant";
import { accessTokenClaims } from "./access-token-claims.ts";
import { grantHolder } from "./mint-access-token.ts";

const settings = { issuer: "https://as.test/oauth", origin: "https://as.test", basePath: "/oauth" };
const record = { jti: "eu1grant.0", format: "jwt" as const, aud: "https://rs.test", resource: "r1", scope: ["read"], iat: 1, exp: 2 };
const basis: GrantBasis = {
  clientId: "app",
  subject: "person",
  entity: "human",
  sessionId: "session",
  resources: [],
  scope: ["read"],
  authTime: 1,
  amr: ["pwd"],
  generations: { client: 1, subject: 2, consent: 3, resources: { r1: 4, r2: 5 } },
  refreshable: true,
  absoluteExpiresAt: 9,
  offline: false,
};

describe("a JWT access token carries what a validator on the feed compares", () => {
  it("its grant, its generations and the session it ends with", () => {
    const claims = accessTokenClaims(settings, grantHolder("eu1grant", basis, "r1"), record);
    expect(claims).toMatchObject({ gid: "eu1grant", sid: "session", gen: { client: 1, subject: 2, consent: 3, resource: 4 } });
    expect(claims).not.toHaveProperty("status");
  });

  it("but no session when it outlives it, and when there is none", () => {
    for (const change of [{ offline: true }, { sessionId: undefined }]) {
      const { sessionId, ...rest } = { ...basis, ...change };
      const changed = sessionId === undefined ? rest : { ...rest, sessionId };
      expect(accessTokenClaims(settings, grantHolder("eu1grant", changed, "r1"), record)).not.toHaveProperty("sid");
    }
  });

  it("and its place in a status list where one was recorded", () => {
    const placed = { ...record, status: { list: "g.0123456789abcdef", idx: 7 } };
    expect(accessTokenClaims(settings, grantHolder("eu1grant", basis, "r1"), placed)).toMatchObject({
      status: { status_list: { idx: 7, uri: "https://as.test/oauth/status/g.0123456789abcdef" } },
    });
  });
});
