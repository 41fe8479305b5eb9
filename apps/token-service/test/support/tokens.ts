import { digest } from "@grantline/testing/history";
import type { Reply } from "./instance.ts";

/** The grant that a code or refresh token belongs to: both carry it. */
export function grantOf(value: unknown): string {
  const id = /^gl_(?:ac|rt)_([a-z0-9]+)\./.exec(String(value))?.[1];
  if (id === undefined) throw new Error("neither a code nor a refresh token");
  return id;
}

export function claimsOf(jwt: unknown): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(String(jwt).split(".")[1] as string, "base64url").toString()) as Record<string, unknown>;
}

/** What a token is known by in a history: of a JWT its jti, as a retry signs it anew. */
export function nameOf(accessToken: unknown): string {
  const opaque = String(accessToken).startsWith("gl_at_");
  return digest(opaque ? accessToken : claimsOf(accessToken)["jti"]);
}

/** Digest of all that must be the same when an answer is repeated (P4). */
export function answerOf({ body }: Reply): string {
  const token = body["access_token"];
  const opaque = String(token).startsWith("gl_at_");
  const { jti, exp, iat, sub, aud, scope } = opaque ? ({} as Readonly<Record<string, unknown>>) : claimsOf(token);
  return digest(body["refresh_token"], body["scope"], opaque ? token : [jti, exp, iat, sub, aud, scope]);
}
