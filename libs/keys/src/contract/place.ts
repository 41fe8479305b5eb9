import { afterEach, beforeEach } from "vitest";
import type { KeyStore } from "../port.ts";

/** 2026-11-22T00:00:00Z, the start of a day. */
export const MIDNIGHT = 1_795_305_600;
export const HOUR = 3600;
export const DAY = 86_400;

export interface SettableClock {
  /** Epoch seconds. */
  at: number;
  now(): number;
}

export function clockAt(at: number): SettableClock {
  return {
    at,
    now() {
      return this.at;
    },
  };
}

export interface OpenOptions {
  readonly clock: SettableClock;
  readonly sealsKeptFor?: number;
}

/** Where one set of keys is kept, empty at first. */
export interface KeysPlace {
  /** Opens a handle on it, as each process has one. Closed by the suite. */
  open(options: OpenOptions): Promise<KeyStore>;
  /** Everything stored, as whoever steals it finds it: files, or a dump in which keys appear in the clear if they are kept in the clear. */
  stolen(): Promise<Buffer>;
  remove(): Promise<void>;
}
export type OpenKeysPlace = () => Promise<KeysPlace>;

export interface KeysFixture {
  readonly clock: SettableClock;
  readonly place: KeysPlace;
  /** Another handle, on the same clock unless told. */
  open(options?: Partial<OpenOptions>): Promise<KeyStore>;
  /** Moves the clock, and gives every handle the minute it has to hear of others. */
  moveTo(at: number): Promise<void>;
}

/** A fresh place around each test. */
export function freshKeys(openPlace: OpenKeysPlace): () => KeysFixture {
  let fixture: KeysFixture;
  let opened: KeyStore[] = [];
  beforeEach(async () => {
    const place = await openPlace();
    const clock = clockAt(MIDNIGHT + 100);
    opened = [];
    fixture = {
      clock,
      place,
      open: async (options = {}) => {
        const keys = await place.open({ clock, ...options });
        opened.push(keys);
        return keys;
      },
      moveTo: async (at) => {
        clock.at = at;
        for (const keys of opened) await keys.refresh?.();
      },
    };
  });
  afterEach(async () => {
    for (const keys of opened) await keys.close();
    await fixture.place.remove();
  });
  return () => fixture;
}
