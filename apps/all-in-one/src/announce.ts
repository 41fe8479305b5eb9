import type { Config } from "@grantline/config";
import type { Platform } from "@grantline/platform";

/** What bootstrap has to tell: the generated secret of the bootstrap client, on the very first start only. */
export interface Started {
  readonly adminSecret?: string;
}

/** Says where everything is. Goes to standard output as plain lines; logs are JSON on standard error. */
export function announce(config: Config, platform: Platform, started: Started | undefined): void {
  const { host, port, issuer } = config.server;
  const shown = host === "0.0.0.0" || host === "::" ? "localhost" : host;
  const lines = [
    `Grantline listens on http://${shown.includes(":") ? `[${shown}]` : shown}:${port}`,
    `  issuer       ${issuer}`,
    `  data folder  ${platform.place}`,
    `  admin API    ${platform.context.settings.adminResource}  (OpenAPI at /admin/v1/openapi.json)`,
    ...(started?.adminSecret === undefined
      ? []
      : [`  admin client grantline-admin`, `  admin secret ${started.adminSecret}   (shown this once; keep it)`]),
    ...[...config.warnings, ...platform.notices].map((warning) => `  ! ${warning}`),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}
