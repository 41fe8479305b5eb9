import type { TestAdmin } from "@grantline/testing";
import { startMetadataDocumentServer, type MetadataDocumentServer } from "./metadata-document-server.ts";

/** A random-looking port: the loopback rule (RFC 8252 §7.3) must let it differ from what was registered. */
export const REDIRECT_URI = "http://127.0.0.1:53682/callback";

export const CLIENT_NAME = "Stock client";

export interface Administered {
  readonly admin: TestAdmin;
}

/** How a client becomes known to the server. */
export type How = "metadata document" | "dynamic registration" | "pre-registration";

export const HOWS: readonly How[] = ["metadata document", "dynamic registration", "pre-registration"];

/** A document as Claude Code publishes it: loopback redirects without a port. */
export function publishDocument(): Promise<MetadataDocumentServer> {
  return startMetadataDocumentServer({
    client_name: CLIENT_NAME,
    redirect_uris: ["http://localhost/callback", "http://127.0.0.1/callback"],
    grant_types: ["authorization_code", "refresh_token"],
    token_endpoint_auth_method: "none",
  });
}

/** A public client that an operator registered. */
export async function preRegister(platform: Administered): Promise<{ client_id: string }> {
  const { client_id } = await platform.admin.call<{ client_id: string }>("POST", "/clients", {
    client_name: CLIENT_NAME,
    redirect_uris: ["http://127.0.0.1/callback"],
    grant_types: ["authorization_code", "refresh_token"],
    token_endpoint_auth_method: "none",
  });
  return { client_id };
}

/** The one live grant of a client. */
export async function grantOf(platform: Administered, clientId: string): Promise<string> {
  const { items } = await platform.admin.call<{ items: { grant_id: string; live: boolean }[] }>(
    "GET",
    `/grants?client_id=${encodeURIComponent(clientId)}`,
  );
  const live = items.filter((grant) => grant.live);
  if (live.length !== 1 || live[0] === undefined) throw new Error(`${live.length} live grants of ${clientId}`);
  return live[0].grant_id;
}
