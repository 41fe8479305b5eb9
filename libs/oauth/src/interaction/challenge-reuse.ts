import { hash } from "node:crypto";
import type { OAuthContext } from "../context/index.ts";
import type { HttpRequest } from "../http/index.ts";
import type { Interaction } from "./interaction.ts";

/** Seconds a challenge is remembered: a client that uses one for ever comes back sooner. */
const MEMORY = 86_400;

/**
 * RFC 9700 §2.1.1: a challenge belongs to one transaction; a client that uses one again is served, and its operator is told. So is everybody while nobody can remember
 * challenges: a notice that can't be given must not cost a login (P7).
 */
export async function flagReusedChallenge(
  context: Pick<OAuthContext, "ephemeral" | "security" | "clock">,
  request: HttpRequest,
  { request: { clientId, codeChallenge } }: Interaction,
): Promise<void> {
  const key = `challenge:${hash("sha256", `${clientId} ${codeChallenge}`, "base64url")}`;
  const first = await context.ephemeral.addIfAbsent(key, context.clock.now() + MEMORY).catch(() => true);
  if (first) return;
  context.security.count({ type: "AnomalyDetected", reason: "pkce-challenge-reused", ip: request.ip, clientId, endpoint: "authorize" });
}
