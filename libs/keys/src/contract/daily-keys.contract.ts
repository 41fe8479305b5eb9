import { describe, expect, it } from "vitest";
import { DAY, freshKeys, HOUR, MIDNIGHT, type OpenKeysPlace } from "./place.ts";

const NEXT = MIDNIGHT + DAY;

export function describeDailyKeys(openPlace: OpenKeysPlace): void {
  describeRetryKeys(openPlace);
  describe("seals", () => {
    const fixture = freshKeys(openPlace);

    it("open for their purpose only, through any handle", async () => {
      const { open } = fixture();
      const [here, there] = [await open(), await open()];
      const sealed = here.seals.seal("session", { sub: "s1" });
      expect(sealed).toMatch(/^[a-z0-9]+\.[A-Za-z0-9_-]+$/);
      for (const { seals } of [here, there]) {
        expect(seals.open("session", sealed)).toEqual({ sub: "s1" });
        expect(seals.open("interaction", sealed)).toBeUndefined();
      }
    });

    it("refuse what was forged, cut or spelled differently", async () => {
      const { seals } = await fixture().open();
      const sealed = seals.seal("session", { sub: "s1" });
      const [id = "", body = ""] = sealed.split(".");
      const altered = `${id}.${body[0] === "A" ? "B" : "A"}${body.slice(1)}`;
      for (const bad of [altered, sealed.slice(0, -4), `${sealed}=`, `${sealed}.x`, ` ${sealed}`, body, id, "", "."])
        expect(seals.open("session", bad)).toBeUndefined();
    });

    it("stay open the day after and no longer; longer where sessions last longer", async () => {
      const { open, moveTo } = fixture();
      const { seals } = await open();
      const sealed = seals.seal("session", { n: 1 });
      await moveTo(NEXT + DAY - 1);
      expect(seals.open("session", sealed)).toEqual({ n: 1 });
      await moveTo(NEXT + DAY);
      expect(seals.open("session", sealed)).toBeUndefined();
      const { seals: longer } = await open({ sealsKeptFor: 3 * DAY });
      const kept = longer.seal("session", { n: 2 });
      await moveTo(NEXT + 3 * DAY);
      expect(longer.open("session", kept)).toEqual({ n: 2 });
    });
  });
}

function describeRetryKeys(openPlace: OpenKeysPlace): void {
  describe("retry keys", () => {
    const fixture = freshKeys(openPlace);

    it("make the same value again through any handle, and another from any other label, nonce or key", async () => {
      const { open } = fixture();
      const [here, there] = [(await open()).retryKeys, (await open()).retryKeys];
      const { keyId } = here.current();
      expect(there.current().keyId).toBe(keyId);
      const value = here.derive(keyId, "refresh", "nonce");
      expect(Buffer.from(value ?? "", "base64url")).toHaveLength(32);
      expect(there.derive(keyId, "refresh", "nonce")).toBe(value);
      expect(here.derive(keyId, "access", "nonce")).not.toBe(value);
      expect(here.derive(keyId, "refres", "hnonce")).not.toBe(value);
      expect(here.derive("runknown000000", "refresh", "nonce")).toBeUndefined();
      expect(here.derive("'; DROP TABLE daily_keys; --", "refresh", "nonce")).toBeUndefined();
    });

    it("are replaced at midnight and unusable an hour later, at once and without anybody's doing", async () => {
      const { open, clock, moveTo } = fixture();
      const { retryKeys } = await open();
      const { keyId } = retryKeys.current();
      const value = retryKeys.derive(keyId, "refresh", "nonce");
      clock.at = NEXT + HOUR - 1;
      expect(retryKeys.current().keyId).not.toBe(keyId);
      expect(retryKeys.derive(keyId, "refresh", "nonce")).toBe(value);
      clock.at = NEXT + HOUR;
      expect(retryKeys.derive(keyId, "refresh", "nonce")).toBeUndefined();
      await moveTo(NEXT + HOUR);
      expect(retryKeys.derive(keyId, "refresh", "nonce")).toBeUndefined();
    });

    it("are destroyed for good by prune: the clock going back brings none back, nor one under the old name", async () => {
      const { open, clock, moveTo, place } = fixture();
      const keys = await open();
      const { keyId } = keys.retryKeys.current();
      expect((await place.stolen()).includes(keyId)).toBe(true);
      await moveTo(NEXT + DAY);
      await keys.prune();
      expect((await place.stolen()).includes(keyId)).toBe(false);
      await moveTo(MIDNIGHT + 100);
      expect(clock.now()).toBe(MIDNIGHT + 100);
      expect(keys.retryKeys.current().keyId).not.toBe(keyId);
      expect(keys.retryKeys.derive(keyId, "refresh", "nonce")).toBeUndefined();
    });

    it("survive a restart within their time", async () => {
      const { open } = fixture();
      const { retryKeys } = await open();
      const { keyId } = retryKeys.current();
      const value = retryKeys.derive(keyId, "refresh", "nonce");
      expect((await open()).retryKeys.derive(keyId, "refresh", "nonce")).toBe(value);
    });
  });
}
