import { z } from "zod";
import { flag, list, splitList, text } from "../kinds.ts";
import { setting } from "../setting.ts";

const devUser = z.strictObject({
  username: z
    .string()
    .trim()
    .min(1)
    .max(256)
    .transform((name) => name.normalize("NFC")),
  password: z.string().min(1).max(1024),
  groups: z.array(z.string().min(1)).optional(),
  claims: z.record(z.string(), z.unknown()).optional(),
});

/** `name:password` → the file form; what has no colon is left for the schema to refuse. */
function userFromText(entry: string): unknown {
  const colon = entry.indexOf(":");
  return colon < 0 ? entry : { username: entry.slice(0, colon), password: entry.slice(colon + 1) };
}

/** Who may log in and who may administer. */
export const people = z.strictObject({
  adminSecret: text(z.string().min(16).max(512).optional(), {
    env: "GRANTLINE_ADMIN_SECRET",
    secret: true,
    allowed: "16 to 512 characters",
    defaultText: "generated at the first start and printed once",
    doc: "Secret of the bootstrap client `grantline-admin`, whose scope `grantline:admin` opens the admin API.",
  }),
  operators: list(
    z
      .string()
      .min(1)
      .max(256)
      .transform((name) => name.normalize("NFC")),
    [],
    {
      env: "GRANTLINE_OPERATORS",
      allowed: "a list of login names",
      doc: "People who may hold `grantline:*` scopes once they have logged in.",
    },
  ),
  devUsers: setting(z.array(devUser).optional(), {
    env: "GRANTLINE_DEV_USERS",
    secret: true,
    emptyIsValue: true,
    allowed: "name:password pairs separated by commas; in the file a list of {username, password, groups, claims}",
    fromText: (value) => splitList(value).map(userFromText),
    defaultText: "`demo:demo` outside production, nobody in production",
    doc: "Development users. Empty means nobody. In production they need GRANTLINE_ALLOW_DEV_USERS.",
  }),
  allowDevUsers: flag(false, {
    env: "GRANTLINE_ALLOW_DEV_USERS",
    doc: "Allows development users in production.",
  }),
});
