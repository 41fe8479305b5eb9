import { hash } from "node:crypto";
import type { ClientMetadata, ClientSettings } from "@grantline/domain/client";
import { equalData } from "@grantline/domain/kernel";
import type { CommandMeta } from "@grantline/event-store";
import { sameHash, sha256 } from "@grantline/oauth/tokens";
import type { AdminParts } from "../context.ts";
import { ADMIN_SCOPES } from "../scopes.ts";

export const ADMIN_CLIENT_ID = "grantline-admin";

const METADATA: ClientMetadata = {
  client_name: "Grantline administration",
  redirect_uris: [],
  grant_types: ["client_credentials"],
  response_types: [],
  token_endpoint_auth_method: "client_secret_basic",
  application_type: "web",
};

type Parts = Pick<AdminParts, "clients" | "clock" | "random" | "settings">;

/**
 * The client of the first start. Its secret follows the setting: a changed one replaces the old at once. Without a setting a secret is made once
 * and returned. An operator who suspended or deleted the client keeps it that way.
 */
export async function ensureAdminClient(
  context: Parts,
  adminSecret: string | undefined,
  meta: CommandMeta,
): Promise<{ readonly adminSecret?: string }> {
  const now = context.clock.now();
  const settings: ClientSettings = {
    entity: "service",
    allowedScopes: ADMIN_SCOPES.map(({ name }) => name),
    defaultResource: context.settings.adminResource,
  };
  const documentHash = hash("sha256", JSON.stringify([METADATA, settings]), "base64url");
  const { state } = await context.clients.load(ADMIN_CLIENT_ID, { fresh: true });
  if (state.status === "none") {
    const value = adminSecret ?? `gl_cs_${context.random.token(32)}`;
    const event = { clientId: ADMIN_CLIENT_ID, how: "bootstrap", metadata: METADATA, settings, documentHash } as const;
    const { outcome } = await context.clients.execute(
      ADMIN_CLIENT_ID,
      { kind: "register", now, event, secret: { id: context.random.hex(8), hash: sha256(value), issuedAt: now } },
      meta,
    );
    return adminSecret === undefined && outcome.kind === "done" ? { adminSecret: value } : {};
  }
  if (state.status !== "active") return {};
  if (!equalData(state.metadata, METADATA) || !equalData(state.settings, settings)) {
    await context.clients.execute(ADMIN_CLIENT_ID, { kind: "update", now, metadata: METADATA, settings, documentHash }, meta);
  }
  if (adminSecret === undefined || isPresent(state.secrets, adminSecret, now)) return {};
  const secret = { id: context.random.hex(8), hash: sha256(adminSecret), issuedAt: now };
  await context.clients.execute(ADMIN_CLIENT_ID, { kind: "rotate-secret", now, secret, overlapEndsAt: now }, meta);
  return {};
}

function isPresent(secrets: readonly { readonly hash: string; readonly expiresAt?: number }[], value: string, now: number): boolean {
  return secrets.some((secret) => sameHash(secret.hash, sha256(value)) && (secret.expiresAt ?? Infinity) > now);
}
