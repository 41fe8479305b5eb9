import type { ClientState } from "@grantline/domain/client";
import { showSettings } from "./client-settings.ts";

/** A client as operators see it: no secret, no hash. */
export function showClient(state: Exclude<ClientState, { status: "none" }>, now: number): Readonly<Record<string, unknown>> {
  if (state.status === "deleted")
    return { client_id: state.clientId, status: "deleted", reason: state.reason, generation: state.generation };
  const secrets = state.secrets.filter((secret) => (secret.expiresAt ?? Infinity) > now);
  return {
    client_id: state.clientId,
    status: state.status,
    ...(state.status === "suspended" ? { reason: state.reason } : {}),
    how: state.how,
    verification: state.verification,
    created_at: state.registeredAt,
    ...(state.unusedExpiresAt === undefined ? {} : { unused_expires_at: state.unusedExpiresAt }),
    ...state.metadata,
    settings: showSettings(state.settings),
    secrets: secrets.map(({ id, issuedAt, expiresAt }) => ({
      id,
      issued_at: issuedAt,
      ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
    })),
    generation: state.generation,
  };
}
