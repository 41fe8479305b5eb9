import { z } from "zod";
import type { SettingMeta } from "./setting.ts";
import { setting } from "./setting.ts";

type Words = Pick<SettingMeta, "env" | "doc"> & Partial<SettingMeta>;

/** A whole number. */
export function whole(range: { readonly min: number; readonly max: number; readonly default: number }, words: Words) {
  return setting(z.int().min(range.min).max(range.max).default(range.default), {
    allowed: `a whole number from ${range.min} to ${range.max}`,
    fromText: (text) => (/^-?\d+$/.test(text) ? Number(text) : text),
    ...words,
  });
}

const UNITS: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3600, d: 86_400 };
const DURATION = /^(\d+)(s|m|h|d|)$/;

function seconds(value: unknown): unknown {
  const match = typeof value === "string" ? DURATION.exec(value.trim()) : null;
  return match ? Number(match[1]) * (UNITS[match[2] ?? ""] ?? 1) : value;
}

/** Shortest writing of a length of time: 900 → "15m". */
export function inUnits(total: number): string {
  const unit = Object.entries(UNITS).findLast(([name, size]) => name !== "" && total >= size && total % size === 0);
  return unit ? `${total / unit[1]}${unit[0]}` : `${total}s`;
}

/** A length of time; seconds in the result. */
export function duration(range: { readonly min: number; readonly max: number; readonly default: number }, words: Words) {
  return setting(z.preprocess(seconds, z.int().min(range.min).max(range.max)).default(range.default), {
    allowed: `seconds, or a number with s, m, h or d; from ${inUnits(range.min)} to ${inUnits(range.max)}`,
    fromText: (text) => text,
    defaultText: inUnits(range.default),
    ...words,
  });
}

/** True or false. */
export function flag(fallback: boolean, words: Words) {
  return setting(z.boolean().default(fallback), { allowed: "true or false", fromText: flagFromText, ...words });
}

/** True or false, whose default depends on other settings. */
export function optionalFlag(words: Words & Pick<SettingMeta, "defaultText">) {
  return setting(z.boolean().optional(), { allowed: "true or false", fromText: flagFromText, ...words });
}

function flagFromText(text: string): unknown {
  return text === "true" ? true : text === "false" ? false : text;
}

/** One of a few words. */
export function choice<const T extends readonly [string, ...string[]]>(words: Words, options: T, fallback: T[number]) {
  return setting(z.enum(options).default(fallback as never), {
    allowed: `one of ${options.join(", ")}`,
    fromText: (text) => text,
    ...words,
  });
}

/** A text that satisfies `schema`. */
export function text<S extends z.ZodType<unknown, string | undefined>>(schema: S, words: Words & Pick<SettingMeta, "allowed">): S {
  return setting(schema, { fromText: (value) => value, ...words });
}

/** Several values; in the environment separated by commas. */
export function list<S extends z.ZodType>(item: S, fallback: readonly z.input<S>[], words: Words & Pick<SettingMeta, "allowed">) {
  return setting(z.array(item).prefault([...fallback] as never), { fromText: splitList, emptyIsValue: true, ...words });
}

export function splitList(value: string): readonly string[] {
  return value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
