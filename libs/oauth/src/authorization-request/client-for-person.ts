import type { ClientView, OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";

/** A client where a person is looking: the directory's refusals as page errors (400) that say what the person can do. */
export async function clientForPerson(context: Pick<OAuthContext, "directory">, clientId: string | undefined): Promise<ClientView> {
  if (clientId === undefined) throw new OAuthError("invalid_request", "parameter-missing", "client_id is missing.");
  try {
    return await context.directory.find(clientId);
  } catch (error) {
    if (!(error instanceof OAuthError) || error.code !== "invalid_client") throw error;
    throw new OAuthError("invalid_client", error.reason, error.description + advice(error), {
      status: 400,
      cause: error,
      ...(error.detail === undefined ? {} : { detail: error.detail }),
    });
  }
}

// Applications keep a dead registration for ever; the person looking can help themselves only when told how (mcp-auth.md, P3).
function advice({ reason }: OAuthError): string {
  const dead = reason === "client-unknown" || reason === "client-deleted" || reason === "client-expired";
  return dead ? " If your application stored this registration, remove the server there and add it again." : "";
}
