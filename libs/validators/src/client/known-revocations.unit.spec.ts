import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clientStreamId, consentStreamId, resourceStreamId } from "@grantline/oauth/context";
import { createKnownRevocations, type TokenFacts } from "./known-revocations.ts";

const URL_CLIENT = "https://client.example/metadata.json";
const token: TokenFacts = {
  jti: "eu1grant.3",
  iat: 100,
  sub: "person",
  aud: "https://notes.example/mcp",
  client_id: URL_CLIENT,
  kid: "k1",
  gid: "eu1grant",
  sid: "session",
  gen: { client: 2, subject: 2, consent: 2, resource: 2 },
};

function known(options: { readonly tokenLifetime?: number; readonly most?: number } = {}) {
  const state = { nowMs: 0, forgotten: 0 };
  const revocations = createKnownRevocations({
    tokenLifetime: 900,
    most: 1_000,
    onForgotten: () => void (state.forgotten += 1),
    nowMs: () => state.nowMs,
    ...options,
  });
  return { state, revocations };
}

describe("a token", () => {
  it.each([
    ["token", token.jti],
    ["grant", "eu1grant"],
    ["session", "session"],
    ["key", "k1"],
  ])("is dead by a %s revoked by name", (kind, id) => {
    const { revocations } = known();
    revocations.add({ kind, id: `other-${id}` });
    expect(revocations.revoked(token)).toBe(false);
    revocations.add({ kind, id });
    expect(revocations.revoked(token)).toBe(true);
  });

  it.each([
    ["client", clientStreamId(URL_CLIENT)],
    ["subject", "person"],
    ["consent", consentStreamId("person", URL_CLIENT)],
    ["resource", resourceStreamId(token.aud)],
  ])("is dead by a generation of its %s above its own, and by no other", (kind, id) => {
    const { revocations } = known();
    revocations.add({ kind, id, generation: 2 });
    revocations.add({ kind, id: `other-${id}`, generation: 9 });
    expect(revocations.revoked(token)).toBe(false);
    revocations.add({ kind, id, generation: 3 });
    revocations.add({ kind, id, generation: 1 });
    expect(revocations.revoked(token)).toBe(true);
  });

  it("without a person is not touched by what happens to a person of the same name", () => {
    const { revocations } = known();
    revocations.add({ kind: "subject", id: "person", generation: 9 });
    expect(revocations.revoked({ ...token, gen: { client: 0, resource: 0 } })).toBe(false);
  });
});

describe("what is known", () => {
  it("lasts at least as long as a token may, and not for ever", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2_000_000), { minLength: 1, maxLength: 40 }), (gaps) => {
        const { state, revocations } = known({ tokenLifetime: 900 });
        const added: { readonly id: string; readonly at: number }[] = [];
        for (const [index, gap] of gaps.entries()) {
          state.nowMs += gap;
          revocations.add({ kind: "token", id: `t${index}` });
          added.push({ id: `t${index}`, at: state.nowMs });
          for (const { id, at } of added)
            if (state.nowMs - at < 900_000) expect(revocations.revoked({ ...token, gid: "", jti: id })).toBe(true);
        }
        expect(state.forgotten).toBe(0);
      }),
    );
    const { state, revocations } = known();
    for (let turn = 0; turn < 10_000; turn += 1) {
      state.nowMs += 1_000;
      revocations.add({ kind: "token", id: `t${turn}` });
    }
    expect(revocations.size()).toBeLessThanOrEqual(1_800);
  });

  it("is bounded in number too, and says when something still needed had to go", () => {
    const { state, revocations } = known({ most: 100 });
    for (let index = 0; index < 1_000; index += 1) revocations.add({ kind: "token", id: `t${index}` });
    expect(revocations.size()).toBeLessThanOrEqual(200);
    expect(state.forgotten).toBeGreaterThan(0);
  });
});
