import { describe, expect, it } from "vitest";
import { DAY, freshKeys, MIDNIGHT, type OpenKeysPlace } from "./place.ts";

const CANARY = "canary-ada.lovelace@example.com";

export function describeSubjectKeys(openPlace: OpenKeysPlace): void {
  describe("subject keys", () => {
    const fixture = freshKeys(openPlace);

    it("seal personal data so that only the same subject and place open it, through any handle", async () => {
      const { open } = fixture();
      const [{ subjectKeys }, other] = [await open(), await open()];
      const sealed = await subjectKeys.seal("s1", "claims", CANARY);
      expect(Buffer.from(sealed, "base64url").includes(CANARY)).toBe(false);
      expect(await other.subjectKeys.open("s1", "claims", sealed)).toBe(CANARY);
      expect(await subjectKeys.seal("s1", "claims", CANARY)).not.toBe(sealed);
      await subjectKeys.seal("s2", "claims", "x");
      expect(await subjectKeys.open("s2", "claims", sealed)).toBeUndefined();
      expect(await subjectKeys.open("s1", "groups", sealed)).toBeUndefined();
      expect(await subjectKeys.open("s1", "claims", `A${sealed.slice(1)}`)).toBeUndefined();
      expect(await subjectKeys.open("s1", "claims", "")).toBeUndefined();
      expect(await subjectKeys.open("nobody", "claims", sealed)).toBeUndefined();
    });

    it("once destroyed open nothing from the next call on, through whichever handle, and stay so", async () => {
      const { open } = fixture();
      const [here, there] = [await open(), await open()];
      const sealed = await here.subjectKeys.seal("s1", "claims", CANARY);
      expect(await there.subjectKeys.open("s1", "claims", sealed)).toBe(CANARY);
      await here.subjectKeys.destroy("s1");
      await here.subjectKeys.destroy("s1");
      for (const { subjectKeys } of [here, there, await open()]) {
        expect(await subjectKeys.open("s1", "claims", sealed)).toBeUndefined();
        expect(await subjectKeys.open("s1", "claims", await subjectKeys.seal("s1", "claims", "x"))).toBeUndefined();
      }
    });

    it("leave neither the datum nor anything of the key behind", async () => {
      const { open, place } = fixture();
      const { subjectKeys } = await open();
      await subjectKeys.seal("s1", "claims", CANARY);
      await subjectKeys.destroy("s1");
      expect((await place.stolen()).includes(CANARY)).toBe(false);
    });

    it("made through two handles at once are one key", async () => {
      const { open } = fixture();
      const handles = [await open(), await open()];
      const sealed = await Promise.all(handles.map(({ subjectKeys }) => subjectKeys.seal("s1", "claims", CANARY)));
      for (const { subjectKeys } of handles) for (const one of sealed) expect(await subjectKeys.open("s1", "claims", one)).toBe(CANARY);
    });

    it("destroyed while somebody seals for the first time leave no key behind", async () => {
      const { open } = fixture();
      const [here, there] = [await open(), await open()];
      const subjects = Array.from({ length: 8 }, (_, index) => `s${index}`);
      const sealed = await Promise.all(
        subjects.map(
          async (subject) => (await Promise.all([here.subjectKeys.seal(subject, "claims", CANARY), there.subjectKeys.destroy(subject)]))[0],
        ),
      );
      for (const [index, subject] of subjects.entries())
        expect(await here.subjectKeys.open(subject, "claims", sealed[index] ?? "")).toBeUndefined();
    });
  });

  describe("the login hash and sealed addresses", () => {
    const fixture = freshKeys(openPlace);

    it("the hash is the same for good, and does not mix up where the issuer ends", async () => {
      const { open } = fixture();
      const { loginHash } = (await open()).subjectKeys;
      expect(loginHash("https://idp", "ada")).toMatch(/^[0-9a-f]{40}$/);
      expect((await open()).subjectKeys.loginHash("https://idp", "ada")).toBe(loginHash("https://idp", "ada"));
      expect(loginHash("https://idp/a", "da")).not.toBe(loginHash("https://idp/", "ada"));
    });

    it("an address has one seal a day, can be opened for 90 days, and is gone afterwards with its key", async () => {
      const { open, clock, moveTo, place } = fixture();
      const keys = await open();
      const { subjectKeys } = keys;
      const sealed = subjectKeys.sealAddress("203.0.113.7", clock.at);
      expect(sealed).not.toContain("203.0.113.7");
      expect(subjectKeys.sealAddress("203.0.113.7", clock.at + DAY / 2)).toBe(sealed);
      await moveTo(MIDNIGHT + DAY);
      expect(subjectKeys.sealAddress("203.0.113.7", clock.at)).not.toBe(sealed);
      expect(subjectKeys.openAddress(sealed)).toBe("203.0.113.7");
      await moveTo(MIDNIGHT + 91 * DAY - 1);
      expect(subjectKeys.openAddress(sealed)).toBe("203.0.113.7");
      await moveTo(MIDNIGHT + 91 * DAY);
      expect(subjectKeys.openAddress(sealed)).toBeUndefined();
      await keys.prune();
      expect((await place.stolen()).includes(sealed.split(".")[0] ?? "")).toBe(false);
      expect(subjectKeys.openAddress("nonsense")).toBeUndefined();
    });
  });
}
