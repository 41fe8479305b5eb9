import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EntraStandIn, startEntraStandIn } from "@grantline/bridge/graph-stand-in";
import { selfSignedLocalhost } from "@grantline/testing";
import { Agent } from "undici";

/** The stand-in for Graph and Entra's login over TLS, with the settings of a bridge to it. */
export interface EntraTenant {
  readonly standIn: EntraStandIn;
  /** For data; goes with the tenant. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Trusts the stand-in's certificate, for undici's `fetch`. */
  readonly dispatcher: Agent;
  close(): Promise<void>;
}

export async function startEntraTenant(): Promise<EntraTenant> {
  const { key, cert } = selfSignedLocalhost();
  const standIn = await startEntraStandIn({ tls: { key, cert } });
  const dispatcher = new Agent({ connect: { ca: cert } });
  const folder = mkdtempSync(join(tmpdir(), "grantline-entra-"));
  writeFileSync(join(folder, "ca.pem"), cert);
  return {
    standIn,
    folder,
    env: { NODE_EXTRA_CA_CERTS: join(folder, "ca.pem"), ...settingsFor(standIn) },
    dispatcher,
    async close() {
      await dispatcher.destroy();
      await standIn.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function settingsFor({ url, tenant: { tenantId, bridge, resource } }: EntraStandIn): Record<string, string> {
  return {
    GRANTLINE_BRIDGE_TARGET: "entra",
    GRANTLINE_BRIDGE_ENTRA_TENANT: tenantId,
    GRANTLINE_BRIDGE_ENTRA_CLIENT_ID: bridge.clientId,
    GRANTLINE_BRIDGE_ENTRA_SECRET_NAME: "oauth/entra/bridge/client-secret",
    GRANTLINE_BRIDGE_ENTRA_RESOURCE: resource.uri,
    GRANTLINE_BRIDGE_ENTRA_RESOURCE_APP_ID: resource.appId,
    GRANTLINE_BRIDGE_ENTRA_SCOPES: Object.entries(resource.scopes)
      .map(([name, id]) => `${name}=${id}`)
      .join(","),
    GRANTLINE_BRIDGE_ENTRA_AUTHORITY: url,
    GRANTLINE_BRIDGE_ENTRA_GRAPH: url,
    OAUTH__ENTRA__BRIDGE__CLIENT_SECRET: bridge.clientSecret,
  };
}
