import { randomBytes } from "node:crypto";
import { assert, constantFrom, nat, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { seal, unseal } from "./artefact.ts";
import { checksum, checksumHolds } from "./checksum.ts";
import { mintCode, parseCode } from "./code.ts";
import { sameHash, sha256 } from "./hashes.ts";
import { parseLocator } from "./locator.ts";
import { opaqueAccessToken, parseOpaqueAccessToken } from "./opaque-access-token.ts";
import { mintRefreshToken, parseRefreshToken, remintRefreshToken } from "./refresh-token.ts";
import { mintRegistrationToken, parseRegistrationToken } from "./registration-token.ts";

const random = {
  token: (bytes: number) => randomBytes(bytes).toString("base64url"),
  hex: (bytes: number) => randomBytes(bytes).toString("hex"),
};
const retryKeys = {
  current: () => ({ keyId: "k1" }),
  derive: (keyId: string, label: string, nonce: string) => (keyId === "k1" ? sha256(`${label}|${nonce}`) : undefined),
};
const grantId = `eu1${"ab".repeat(16)}`;

const code = mintCode(random, grantId);
const refresh = mintRefreshToken({ random, retryKeys }, { grantId, generation: 7, idleExpiresAt: 100 });
const registration = mintRegistrationToken(random, "client-1.a_b");
const access = opaqueAccessToken(`${grantId}.7`, random.token(32));

describe("the values we hand out", () => {
  it("look as the design says", () => {
    expect(code.value).toMatch(/^gl_ac_[a-z0-9]+\.[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}$/);
    expect(refresh.value).toMatch(/^gl_rt_[a-z0-9]+\.7\.[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}$/);
    expect(registration.value).toMatch(/^gl_rat_client-1\.a_b\.[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}$/);
    expect(access).toMatch(/^gl_at_[a-z0-9]+\.7\.[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}$/);
  });

  it("say where they belong, and hash their secret alone", () => {
    expect(parseCode(code.value)).toEqual({ grantId, hash: code.hash });
    expect(parseRefreshToken(refresh.value)).toEqual({ grantId, generation: 7, hash: refresh.record.hash });
    expect(parseRegistrationToken(registration.value)).toEqual({ clientStreamId: "client-1.a_b", hash: registration.hash });
    expect(parseOpaqueAccessToken(access)).toEqual({ in: "grant", grantId, n: 7 });
  });

  it("never pass as one another, even with the prefix swapped (CVE 4)", () => {
    const parsers = [parseCode, parseRefreshToken, parseRegistrationToken, parseOpaqueAccessToken];
    const values = [code.value, refresh.value, registration.value, access];
    for (const [at, value] of values.entries()) {
      expect(parsers.map((parse) => parse(value) !== undefined)).toEqual(parsers.map((_, index) => index === at));
      for (const prefix of ["gl_ac_", "gl_rt_", "gl_at_", "gl_rat_"]) {
        const forged = value.replace(/^gl_[a-z]+_/, prefix);
        expect(parsers.filter((parse) => parse(forged) !== undefined)).toHaveLength(forged === value ? 1 : 0);
      }
    }
  });

  it("are refused with any character changed, added or taken away", () => {
    assert(
      property(nat(code.value.length - 1), constantFrom("A", "0", ".", "_", " ", "\n", "é"), (at, character) => {
        const changed = code.value.slice(0, at) + character + code.value.slice(at + 1);
        expect(parseCode(changed)).toEqual(changed === code.value ? { grantId, hash: code.hash } : undefined);
      }),
    );
    for (const value of ["", "gl_ac_", `${code.value} `, ` ${code.value}`, code.value.slice(1), code.value.slice(0, -1), `${code.value}\n`])
      expect(parseCode(value)).toBeUndefined();
  });

  it("are refused when the checksum is right and the place is no place of ours", () => {
    const secret = random.token(32);
    for (const place of ["UPPER", "a-b-c-d-e-f", "../../x", "a".repeat(300), "a.b"])
      expect(parseCode(seal("code", place, secret))).toBeUndefined();
    for (const place of [grantId, `${grantId}.0`, `${grantId}.01`, `${grantId}.-1`, `${grantId}.1e3`, `short.1`])
      expect(parseRefreshToken(seal("refresh", place, secret))).toBeUndefined();
    for (const place of ["a b", "ä", "x".repeat(65)]) expect(parseRegistrationToken(seal("registration", place, secret))).toBeUndefined();
    for (const place of [grantId, "nowhere", `${grantId}.00`, "writer.1"])
      expect(parseOpaqueAccessToken(seal("access", place, secret))).toBeUndefined();
    expect(unseal("code", "gl_ac_x.tooshort")).toBeUndefined();
  });
});

describe("a refresh generation", () => {
  it("can be made again while its retry key lives, and only for its own place (P4)", () => {
    expect(remintRefreshToken({ retryKeys }, grantId, refresh.record)).toBe(refresh.value);
    expect(remintRefreshToken({ retryKeys }, grantId, { ...refresh.record, generation: 8 })).not.toBe(refresh.value);
    expect(remintRefreshToken({ retryKeys }, grantId, { ...refresh.record, keyId: "gone" })).toBeUndefined();
  });

  it("is never made under a key that can't be used", () => {
    const broken = { ...retryKeys, derive: () => undefined };
    expect(() => mintRefreshToken({ random, retryKeys: broken }, { grantId, generation: 1, idleExpiresAt: 1 })).toThrow("retry key");
  });
});

describe("locators", () => {
  it("tell a grant from an issuance stream, and nothing else is one", () => {
    expect(parseLocator(`${grantId}.0`)).toEqual({ in: "grant", grantId, n: 0 });
    expect(parseLocator("w1a2b3c4-2026112308.17")).toEqual({ in: "issuance", locator: "w1a2b3c4-2026112308.17" });
    for (const text of ["", ".", "x", ".1", `${grantId}.`, `${grantId}.1.2`, "a/b-c.1", `${"a".repeat(200)}.1`])
      expect(parseLocator(text)).toBeUndefined();
  });
});

describe("checksums and hashes", () => {
  it("hold for what they were made of", () => {
    assert(
      property(string(), (text) => {
        expect(checksum(text)).toHaveLength(6);
        expect(checksumHolds(text + checksum(text))).toBe(true);
      }),
    );
  });

  it("compare without regard to length", () => {
    expect(sameHash(sha256("a"), sha256("a"))).toBe(true);
    expect(sameHash(sha256("a"), sha256("b"))).toBe(false);
    expect(sameHash(sha256("a"), "short")).toBe(false);
  });
});
