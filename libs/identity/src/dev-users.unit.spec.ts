import { describe, expect, it } from "vitest";
import { createDevUsers } from "./dev-users.ts";

const ISSUER = "http://localhost:8080/oauth";

describe("development users", () => {
  it("know a person by name and password, with groups and claims", async () => {
    const identity = createDevUsers(
      [{ username: "ada", password: "lovelace", groups: ["staff"], claims: { email: "ada@example.com" } }],
      ISSUER,
    );
    expect(await identity.verify("ada", "lovelace")).toEqual({
      iss: ISSUER,
      sub: "ada",
      groups: ["staff"],
      amr: ["pwd"],
      claims: { preferred_username: "ada", name: "ada", email: "ada@example.com" },
    });
  });

  it("refuse a wrong password, an empty one and another person's", async () => {
    const identity = createDevUsers(
      [
        { username: "ada", password: "lovelace" },
        { username: "bob", password: "builder" },
      ],
      ISSUER,
    );
    expect(await identity.verify("ada", "builder")).toBeUndefined();
    expect(await identity.verify("ada", "")).toBeUndefined();
    expect(await identity.verify("ada", "Lovelace")).toBeUndefined();
  });

  it("refuse names nobody has, names of object members and everybody when the list is empty", async () => {
    const identity = createDevUsers([{ username: "ada", password: "lovelace" }], ISSUER);
    for (const name of ["eve", "", "__proto__", "constructor"]) expect(await identity.verify(name, "lovelace")).toBeUndefined();
    expect(await createDevUsers([], ISSUER).verify("demo", "demo")).toBeUndefined();
  });

  it("take the same name and password in either Unicode form", async () => {
    const identity = createDevUsers([{ username: "j\u00fcrgen", password: "gr\u00fcn" }], ISSUER);
    expect((await identity.verify("ju\u0308rgen", "gru\u0308n"))?.sub).toBe("j\u00fcrgen");
  });

  it("refuse a password that only begins like the right one, however long", async () => {
    const identity = createDevUsers([{ username: "ada", password: "a".repeat(1024) }], ISSUER);
    expect((await identity.verify("ada", "a".repeat(1024)))?.sub).toBe("ada");
    expect(await identity.verify("ada", "a".repeat(2000))).toBeUndefined();
  });

  it("take about as long for an unknown name as for a wrong password", async () => {
    const identity = createDevUsers([{ username: "ada", password: "lovelace" }], ISSUER);
    await identity.verify("ada", "warm");
    const known = await leastMs(() => identity.verify("ada", "wrong"));
    const unknown = await leastMs(() => identity.verify("nobody", "wrong"));
    expect(unknown).toBeGreaterThan(known / 3);
    expect(unknown).toBeLessThan(known * 3);
  });
});

/** The best of some: what else the machine does only ever comes on top. */
async function leastMs(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    const started = performance.now();
    await work();
    times.push(performance.now() - started);
  }
  return Math.min(...times);
}
