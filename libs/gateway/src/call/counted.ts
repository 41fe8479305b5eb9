import { OAuthError } from "@grantline/oauth/errors";
import type { HttpResponse } from "@grantline/oauth/http";
import type { Caller, GatewayContext } from "../context.ts";

/** Counts what becomes of a call by the reason it is refused for, once it is known whose it is: names strangers make up are nobody's server. */
export async function counted(
  { metrics }: Pick<GatewayContext, "metrics">,
  { server }: Pick<Caller, "server">,
  work: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  try {
    const answer = await work();
    metrics?.gatewayCall(server.name, answer.refused?.reason ?? "answered");
    return answer;
  } catch (error) {
    metrics?.gatewayCall(server.name, error instanceof OAuthError ? error.reason : "unexpected");
    throw error;
  }
}
