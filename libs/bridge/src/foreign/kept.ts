import type { BridgeRegistration } from "@grantline/domain/bridge";
import { type SecretStore, secretNameOf } from "@grantline/secrets";
import { z } from "zod";

/** What that server gave us, as kept in the secret store: with it the client can be changed and removed. */
export const keptSchema = z.object({
  client_id: z.string().min(1),
  client_secret: z.string().min(1),
  client_secret_expires_at: z.number().int().nonnegative().default(0),
  registration_client_uri: z.url().optional(),
  registration_access_token: z.string().min(1).optional(),
  /** Ours: Keycloak was told to leave `iss` out of its answers to this client. */
  issuer_left_out: z.literal(true).optional(),
});
export type Kept = z.infer<typeof keptSchema>;

type Secrets = Pick<SecretStore, "get" | "set" | "delete">;

export async function readKept(secrets: Secrets, registration: BridgeRegistration): Promise<Kept | undefined> {
  const secret = await secrets.get(keptNameFor(registration));
  if (secret === undefined) return undefined;
  return keptSchema.parse(JSON.parse(secret.value));
}

/** Both names, the one for the facade last: once it is there everything is. */
export async function writeKept(secrets: Secrets, registration: BridgeRegistration, kept: Kept): Promise<Kept> {
  await secrets.set(keptNameFor(registration), JSON.stringify(kept));
  await secrets.set(secretNameFor(registration), kept.client_secret);
  return kept;
}

export async function dropKept(secrets: Secrets, registration: BridgeRegistration): Promise<void> {
  await secrets.delete(secretNameFor(registration));
  await secrets.delete(keptNameFor(registration));
}

export function secretNameFor({ bridgeId, life }: BridgeRegistration): string {
  return secretNameOf({ provider: "rfc7591", server: bridgeId, tokenType: `client-secret-${life}` });
}

function keptNameFor({ bridgeId, life }: BridgeRegistration): string {
  return secretNameOf({ provider: "rfc7591", server: bridgeId, tokenType: `registration-${life}` });
}
