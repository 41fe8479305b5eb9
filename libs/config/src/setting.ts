import { z } from "zod";

/** What the loader, the error lines and the reference need to know of one setting, beside its zod schema. */
export interface SettingMeta {
  /** Environment variable; a secret may also come from `{env}_FILE`. */
  readonly env: string;
  /** One or two sentences for the reference. */
  readonly doc: string;
  /** What is allowed, in words: ends the error line and fills the reference's type column. */
  readonly allowed: string;
  /** Turns the variable's text into what the schema expects. What it can't read it hands on, for the schema to refuse. */
  readonly fromText: (text: string) => unknown;
  /** Its value is never shown. */
  readonly secret?: boolean;
  /** An empty variable means "nothing" instead of "not set". */
  readonly emptyIsValue?: boolean;
  /** For the reference, where the default is worked out from other settings. */
  readonly defaultText?: string;
}

/** A setting as found in the schema: its place in the file and everything known of it. */
export interface Setting extends SettingMeta {
  readonly path: readonly string[];
  readonly schema: z.ZodType;
}

const metas = z.registry<SettingMeta>();

/** Marks a schema as one setting. */
export function setting<S extends z.ZodType>(schema: S, meta: SettingMeta): S {
  metas.add(schema, meta);
  return schema;
}

/** Every setting below a group, in the order declared. */
export function settingsOf(group: z.ZodObject, path: readonly string[] = []): readonly Setting[] {
  return Object.entries(group.shape).flatMap(([key, schema]) => {
    const at = [...path, key];
    const meta = metas.get(schema as z.ZodType);
    if (meta !== undefined) return [{ ...meta, path: at, schema: schema as z.ZodType }];
    return schema instanceof z.ZodObject ? settingsOf(schema, at) : [];
  });
}
