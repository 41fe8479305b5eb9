import { OAuthError } from "@grantline/oauth/errors";
import { z } from "zod";
import { parseJson } from "../discovery/protected-resource.ts";

// RFC 6749 §3.3
const scope = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/);
export const beginSchema = z.strictObject({ scopes: z.array(scope).max(100).optional() });

/** The scopes asked for besides those the server always needs; a body may be left out. */
export function readScopes(body: string | undefined): readonly string[] | undefined {
  if (body === undefined || body === "") return undefined;
  const read = beginSchema.safeParse(parseJson(body));
  if (read.success) return read.data.scopes;
  throw new OAuthError("invalid_request", "parameter-malformed", "The body is not a JSON object with a list of scopes.");
}
