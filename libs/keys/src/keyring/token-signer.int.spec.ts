import { createHmac, createPublicKey, type JsonWebKey } from "node:crypto";
import { createLocalJWKSet, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { signerFor } from "./jws.ts";
import { openBench, openKeyring } from "./keyring.fixture.ts";

const TYP = { typ: "at+jwt" };
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

async function started() {
  const keyring = await openKeyring(await openBench(), { algs: ["ES256", "EdDSA", "RS256"] });
  await keyring.start();
  return keyring.signer;
}

// Real: key folder, event store, OpenSSL; jose checks signatures independently. Fake: the clock.
describe("the token signer", () => {
  it.each(["ES256", "EdDSA", "RS256"] as const)("makes %s signatures that others verify with the published keys", async (alg) => {
    const signer = await started();
    const { jwt, kid } = signer.sign({ sub: "s1", n: "ü" }, { alg, typ: "at+jwt" });
    const { payload, protectedHeader } = await jwtVerify(jwt, createLocalJWKSet(signer.jwks() as never), {
      typ: "at+jwt",
      algorithms: [alg],
    });
    expect(payload).toEqual({ sub: "s1", n: "ü" });
    expect(protectedHeader).toEqual({ alg, typ: "at+jwt", kid });
    expect(signer.verify(jwt)).toMatchObject({ header: { alg, kid }, payload: { sub: "s1", n: "ü" } });
  });

  it("uses the first algorithm when none is named, and writes each typ into its own header", async () => {
    const signer = await started();
    const both = [signer.sign({}, TYP), signer.sign({}, { typ: "JWT" })];
    expect(both.map(({ alg }) => alg)).toEqual(["ES256", "ES256"]);
    expect(both.map(({ jwt }) => signer.verify(jwt)?.header["typ"])).toEqual(["at+jwt", "JWT"]);
  });

  it("publishes kid, use and alg and nothing private, the signing keys first", async () => {
    const signer = await started();
    const { keys } = signer.jwks();
    expect(keys.map(({ alg }) => alg).toSorted()).toEqual(["ES256", "EdDSA", "RS256"]);
    for (const key of keys) {
      expect(key).toMatchObject({ use: "sig", kid: expect.stringMatching(/^[\w-]{43}$/) });
      for (const secret of ["d", "p", "q", "dp", "dq", "qi", "k"]) expect(key).not.toHaveProperty(secret);
    }
    expect(signer.jwks()).toBe(signer.jwks());
  });

  it("refuses every swap of algorithm, unsigned tokens and critical extensions", async () => {
    const signer = await started();
    const good = signer.sign({ sub: "s1" }, TYP);
    const [, payload = "", signature = ""] = good.jwt.split(".");
    const jwk = signer.jwks().keys.find(({ kid }) => kid === good.kid) as JsonWebKey;
    const spki = createPublicKey({ key: jwk, format: "jwk" }).export({ type: "spki", format: "pem" });
    const confused = `${encode({ alg: "HS256", kid: good.kid })}.${payload}`;
    const forged = [
      `${encode({ alg: "none", kid: good.kid })}.${payload}.`,
      `${encode({ alg: "none", kid: good.kid })}.${payload}.${signature}`,
      `${encode({ alg: "nOnE", kid: good.kid })}.${payload}.${signature}`,
      `${confused}.${createHmac("sha256", spki).update(confused).digest("base64url")}`,
      `${encode({ alg: "RS256", kid: good.kid })}.${payload}.${signature}`,
      `${encode({ alg: "ES256", kid: good.kid, crit: ["exp"], exp: 1 })}.${payload}.${signature}`,
      `${encode({ alg: "ES256" })}.${payload}.${signature}`,
      `${encode({ alg: "ES256", kid: "__proto__" })}.${payload}.${signature}`,
      `${encode({ alg: "ES256", kid: 1 })}.${payload}.${signature}`,
    ];
    for (const jwt of forged) expect(signer.verify(jwt)).toBeUndefined();
  });

  it("refuses a header that disagrees with the key even when the key itself signed it", async () => {
    const keyring = await openKeyring(await openBench(), { algs: ["ES256"] });
    await keyring.start();
    const { kid } = keyring.signer.sign({}, TYP);
    const sign = signerFor("ES256", await keyring.vault.privateKey(kid));
    const signed = (header: object) => {
      const input = `${encode(header)}.${encode({ sub: "s1" })}`;
      return `${input}.${sign(input)}`;
    };
    expect(keyring.signer.verify(signed({ alg: "ES256", kid }))?.payload).toEqual({ sub: "s1" });
    for (const header of [{ alg: "none", kid }, { alg: "RS256", kid }, { kid }, { alg: "ES256", kid, crit: ["exp"] }])
      expect(keyring.signer.verify(signed(header))).toBeUndefined();
  });

  it("refuses altered payloads and signatures, other spellings of a good one, and what is no JWS", async () => {
    const signer = await started();
    const { jwt } = signer.sign({ sub: "s1" }, TYP);
    const [header = "", , signature = ""] = jwt.split(".");
    const bytes = Buffer.from(signature, "base64url");
    const zero = Buffer.alloc(64).toString("base64url");
    bytes[5] = (bytes[5] ?? 0) ^ 1;
    const last = signature.at(-1) ?? "";
    const sibling = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const respelled = jwt.slice(0, -1) + sibling[sibling.indexOf(last) + 1];
    const bad = [
      `${header}.${encode({ sub: "s2" })}.${signature}`,
      `${header}.${encode({ sub: "s1" })}.${bytes.toString("base64url")}`,
      `${header}.${encode({ sub: "s1" })}.${zero}`,
      respelled,
      `${jwt}=`,
      `${jwt}.x`,
      ` ${jwt}`,
      `${jwt}\n`,
      "",
      "a.b.c",
      "..",
      `${"A".repeat(20_000)}.b.c`,
      `${encode("text")}.b.c`,
      `${encode([1])}.b.c`,
    ];
    for (const one of bad) expect(signer.verify(one)).toBeUndefined();
    expect(signer.verify(jwt)).toBeDefined();
  });

  it("refuses a signature whose payload is no object", async () => {
    const signer = await started();
    expect(signer.verify(signer.sign([1] as unknown as object, TYP).jwt)).toBeUndefined();
  });
});
