import { type KeyObject, randomBytes } from "node:crypto";

export const HOUR = 3600;
export const DAY = 86_400;

export interface DailyKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** Keys replaced each day (UTC) and usable for some time after the day has ended. Times are epoch seconds. */
export interface DailyKeys {
  /** The key of the day `now` lies in. */
  at(now: number): DailyKey;
  /** Undefined when there is no such key or its time is over. */
  find(id: string, now: number): KeyObject | undefined;
}

/** The number of the day (UTC) a time lies in. */
export function dayOf(now: number): number {
  return Math.floor(now / DAY);
}

/** Is the time of a day's key over, which may be used for `keepFor` seconds after its day? */
export function isOver(day: number, keepFor: number, now: number): boolean {
  return now >= (day + 1) * DAY + keepFor;
}

/** The last day whose key's time is over. */
export function lastDayOver(keepFor: number, now: number): number {
  return Math.floor((now - keepFor) / DAY) - 1;
}

/** The id carries random digits: should a clock go back over a destroyed key, its day gets a new key under a new name. */
export function newDailyKeyId(kind: string, day: number): string {
  return `${kind[0]}${day.toString(36)}${randomBytes(5).toString("hex")}`;
}

/** Could this be an id of ours? */
export function isDailyKeyId(text: string): boolean {
  return /^[a-z0-9]{12,24}$/.test(text);
}

/** What a wrapped daily key is bound to. */
export function dailyKeyAad(kind: string, id: string): string {
  return `grantline daily ${kind} ${id}`;
}
