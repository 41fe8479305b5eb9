import type { OAuthContext } from "../context/index.ts";
import type { AuthenticatedClient } from "./client-authentication.handler.ts";

/**
 * Until when the same request would prove its client again, epoch seconds; undefined where each must be proven and counted anew. Read through the witness a judgement
 * is kept under, so that it goes with the client's suspension, deletion or change of secret.
 */
export function proofEnd(context: Pick<OAuthContext, "clients">, client: AuthenticatedClient): number | undefined {
  // A document client's metadata is not in its stream, so no witness sees it change
  if (context.clients.loadCached(client.streamId)?.state !== client.state) return undefined;
  // A secret proves the same each time, unlike an assertion; and where requests are counted, each one is
  if (client.method !== "basic" && client.method !== "post") return undefined;
  if (Object.keys(client.headers).length > 0) return undefined;
  // The first end of any of its secrets: whichever was presented, it is good until then
  return Math.min(...client.state.secrets.map(({ expiresAt }) => expiresAt ?? Number.POSITIVE_INFINITY));
}
