import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openApiDocument } from "@grantline/admin";
import { loadConfig } from "@grantline/config";
import { endpointsOf, openAudit, openPlatform, operationsEndpoints } from "@grantline/platform";
import { createLogger } from "@grantline/telemetry";

/** The OpenAPI document of a server with default settings and the transmitter of signals, made from the endpoints themselves. */
export async function currentDocument(): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), "grantline-openapi-"));
  const env = { GRANTLINE_DATA_DIR: folder, GRANTLINE_ISSUER: "http://localhost:8080/oauth", GRANTLINE_SSF: "true" };
  const config = loadConfig({ env, cwd: folder });
  const log = createLogger({ level: "silent", service: "openapi" });
  const platform = await openPlatform({ config, log, schedules: false });
  try {
    const audit = await openAudit({ platform, config, log }, { grows: false });
    const endpoints = [...endpointsOf(platform, audit.endpoints), ...operationsEndpoints({ platform, draining: () => false })];
    return JSON.parse(JSON.stringify(openApiDocument(endpoints, platform.context.settings)));
  } finally {
    await platform.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
