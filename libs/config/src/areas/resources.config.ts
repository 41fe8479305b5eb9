import { z } from "zod";
import { text } from "../kinds.ts";
import { setting } from "../setting.ts";
import { resourceFault } from "../urls.ts";

const uri = z
  .string()
  .max(2048)
  .superRefine((value, context) => {
    const fault = resourceFault(value);
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
  });

// RFC 6749 §3.3: a scope is made of printable ASCII without space, quote and backslash
const scopeName = z.string().regex(/^[\x21\x23-\x5B\x5D-\x7E]{1,128}$/, { error: "not a scope name" });

const scope = z.strictObject({ name: scopeName, description: z.string().min(1).max(500).optional(), default: z.boolean().optional() });

const rule = z.strictObject({
  subjects: z.union([
    z.strictObject({ any: z.literal(true) }),
    z.strictObject({ groups: z.array(z.string().min(1)).min(1) }),
    z.strictObject({ subjects: z.array(z.string().min(1)).min(1) }),
    z.strictObject({ claim: z.strictObject({ name: z.string().min(1), values: z.array(z.string()).min(1) }) }),
  ]),
  entities: z
    .array(z.enum(["human", "service", "agent"]))
    .min(1)
    .default(["human", "agent"]),
  verification: z
    .array(z.enum(["operator", "cimd", "dcr"]))
    .min(1)
    .default(["operator", "cimd", "dcr"]),
  scopes: z
    .array(z.union([z.literal("*"), scopeName]))
    .min(1)
    .default(["*"]),
});

const resource = z.strictObject({
  uri,
  name: z.string().min(1).max(200).optional(),
  scopes: z.array(scope).default([]),
  tokenFormat: z.enum(["jwt", "opaque"]).optional(),
  accessTokenLifetime: z.int().min(10).max(86_400).optional(),
  alg: z.enum(["ES256", "EdDSA", "RS256"]).optional(),
  /** Who may hold which scopes (P14). Left out: any authenticated subject, outside production only. */
  policy: z.strictObject({ rules: z.array(rule) }).optional(),
});

/** `uri=scope scope` → the file form. */
function resourceFromText(entry: string): unknown {
  const [address = "", names = ""] = entry.split(/=(.*)/s);
  return {
    uri: address.trim(),
    scopes: names
      .split(/\s+/)
      .filter((name) => name !== "")
      .map((name) => ({ name })),
  };
}

/** The MCP servers that tokens are for. */
export const resources = z.strictObject({
  declared: setting(z.array(resource).prefault([]), {
    env: "GRANTLINE_RESOURCES",
    emptyIsValue: true,
    allowed:
      "uri=scope scope;uri2=…; in the file a list of {uri, name, scopes: [{name, description, default}], tokenFormat, accessTokenLifetime, alg, policy}",
    fromText: (value) =>
      value
        .split(";")
        .map((entry) => entry.trim())
        .filter((entry) => entry !== "")
        .map(resourceFromText),
    doc: "Resources kept as declared here at every start. The admin API may add more.",
  }),
  default: text(uri.optional(), {
    env: "GRANTLINE_DEFAULT_RESOURCE",
    allowed: "the URI of a resource",
    defaultText: "none: tokens are then for the issuer's userinfo only",
    doc: "Resource of a token when the client names none.",
  }),
});
