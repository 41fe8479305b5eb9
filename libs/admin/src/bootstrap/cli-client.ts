import { hash } from "node:crypto";
import type { ClientMetadata, ClientSettings } from "@grantline/domain/client";
import { equalData } from "@grantline/domain/kernel";
import type { CommandMeta } from "@grantline/event-store";
import type { AdminParts } from "../context.ts";
import { ADMIN_SCOPES } from "../scopes.ts";

export const CLI_CLIENT_ID = "grantline-cli";

/** RFC 8252 §7.3: any port of the loopback address; §8.4 lets a public client be registered ahead for all its installations. */
const METADATA: ClientMetadata = {
  client_name: "Grantline command line",
  redirect_uris: ["http://127.0.0.1/callback", "http://[::1]/callback"],
  grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
  response_types: ["code"],
  token_endpoint_auth_method: "none",
  application_type: "native",
};

/** Its ceiling: who somebody is, their connections, and administration, which the person must be an operator for (P14). */
const SETTINGS: ClientSettings = {
  allowedScopes: ["openid", "profile", "offline_access", "connections", ...ADMIN_SCOPES.map(({ name }) => name)],
};

/** The public client of `grantline login`. An operator who suspended or deleted it keeps it that way. */
export async function ensureCliClient(context: Pick<AdminParts, "clients" | "clock">, meta: CommandMeta): Promise<void> {
  const now = context.clock.now();
  const documentHash = hash("sha256", JSON.stringify([METADATA, SETTINGS]), "base64url");
  const { state } = await context.clients.load(CLI_CLIENT_ID, { fresh: true });
  if (state.status === "none") {
    const event = { clientId: CLI_CLIENT_ID, how: "bootstrap", metadata: METADATA, settings: SETTINGS, documentHash } as const;
    await context.clients.execute(CLI_CLIENT_ID, { kind: "register", now, event }, meta);
    return;
  }
  if (state.status !== "active" || (equalData(state.metadata, METADATA) && equalData(state.settings, SETTINGS))) return;
  await context.clients.execute(CLI_CLIENT_ID, { kind: "update", now, metadata: METADATA, settings: SETTINGS, documentHash }, meta);
}
