import type { ClientMetadata, ClientSettings, ClientState } from "@grantline/domain/client";
import { isAdminScope } from "@grantline/domain/kernel";
import { GRANT_TYPES, readClientMetadata } from "@grantline/oauth/client-metadata";
import { clientStreamId } from "@grantline/oauth/context";
import { OAuthError } from "@grantline/oauth/errors";
import type { AdminParts } from "../context.ts";
import { AdminProblem } from "../problem.ts";
import type { Caller } from "../route/caller.ts";

export type KnownClient = Extract<ClientState, { status: "active" | "suspended" }>;

/** Metadata given by an operator, by the rules all clients go by; naming a private-use scheme here is the operator's consent to it. */
export function readOperatorMetadata(context: Pick<AdminParts, "settings">, value: unknown): ClientMetadata {
  try {
    return readClientMetadata(value, {
      redirectSchemes: "any",
      allowInsecureLoopback: context.settings.cimd.allowInsecureLoopback,
      grantTypes: GRANT_TYPES,
      adminScopes: true,
    });
  } catch (error) {
    if (error instanceof OAuthError) throw new AdminProblem(400, "value-not-allowed", error.description, { cause: error });
    throw error;
  }
}

/** The client of a path, from its stream. Throws AdminProblem 404. A deleted one is found too where the caller asks for it. */
export async function findClient(context: Pick<AdminParts, "clients">, clientId: string): Promise<KnownClient> {
  const { state } = await context.clients.load(clientStreamId(clientId));
  if (state.status === "none" || state.status === "deleted") throw new AdminProblem(404, "not-found", "No client has this client_id.");
  return state;
}

/**
 * P14: nobody grants themselves power. Only a full administrator makes, changes or gives new secrets to a client that may hold
 * `grantline:*` scopes, else `grantline:clients` alone would lead to everything.
 */
export function requireAdminFor(
  caller: Caller,
  ...clients: readonly { readonly metadata: ClientMetadata; readonly settings: ClientSettings }[]
): void {
  if (caller.admin || !clients.some(mayAdminister)) return;
  throw new AdminProblem(403, "admin-scope-required", "The client holds administrative scopes; this needs grantline:admin.");
}

/**
 * P14: who may look into the tokens of which resource is for those to say who look after resources; else `grantline:clients` alone would open
 * every token to a client of one's own making, or to one whose secret one renewed.
 */
export function requireResourcesFor(caller: Caller, ...clients: readonly { readonly settings: ClientSettings }[]): void {
  if (caller.resources || clients.every(({ settings }) => (settings.introspects ?? []).length === 0)) return;
  throw new AdminProblem(
    403,
    "admin-scope-required",
    "The client may introspect tokens of resources; this needs grantline:resources or grantline:admin.",
  );
}

function mayAdminister({ metadata, settings }: { readonly metadata: ClientMetadata; readonly settings: ClientSettings }): boolean {
  return [...(settings.allowedScopes ?? []), ...(metadata.scope ?? "").split(" ")].some(isAdminScope);
}
