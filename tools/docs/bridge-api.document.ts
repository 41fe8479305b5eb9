import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openApiDocument } from "@grantline/admin";
import { loadConfig } from "@grantline/config";
import { openBridge, openPlatform } from "@grantline/platform";
import { createLogger, createMetrics, startTracing } from "@grantline/telemetry";

const EXAMPLE = "00000000-0000-4000-8000-000000000000";
const ENV = {
  GRANTLINE_ISSUER: "http://localhost:8080/oauth",
  GRANTLINE_BRIDGE_TARGET: "entra",
  GRANTLINE_BRIDGE_OPEN: "true",
  GRANTLINE_BRIDGE_ENTRA_TENANT: EXAMPLE,
  GRANTLINE_BRIDGE_ENTRA_RESOURCE: "api://grantline-mcp",
  GRANTLINE_BRIDGE_ENTRA_RESOURCE_APP_ID: EXAMPLE,
  GRANTLINE_BRIDGE_ENTRA_SCOPES: `mcp.read=${EXAMPLE}`,
};

/** The OpenAPI document of the bridge alone, made from its endpoints. Nothing is asked of the target. */
export async function bridgeDocument(): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), "grantline-bridge-api-"));
  const config = loadConfig({ env: { ...ENV, GRANTLINE_DATA_DIR: folder }, cwd: folder });
  const log = createLogger({ level: "silent", service: "bridge-api" });
  const platform = await openPlatform({ config, log, schedules: false });
  const instruments = { log, metrics: createMetrics(), tracing: await startTracing({ service: "bridge-api" }) };
  const bridge = openBridge({ platform, config, instruments, env: {}, fetch: () => Promise.reject(new Error("nobody is asked")) });
  try {
    return JSON.parse(JSON.stringify(openApiDocument(bridge?.endpoints ?? [], platform.context.settings)));
  } finally {
    await bridge?.close();
    await platform.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
