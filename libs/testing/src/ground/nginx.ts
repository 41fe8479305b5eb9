import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Gateway, type GatewayOptions, startGateway } from "./gateway.ts";

/** nginx: named by GRANTLINE_TEST_NGINX, or where its package puts it. Undefined: skip by name. */
export function nginxBinary(): string | undefined {
  const binary = process.env["GRANTLINE_TEST_NGINX"] ?? "/usr/sbin/nginx";
  return existsSync(binary) ? binary : undefined;
}

/** A real nginx on the configuration given, in the foreground and without workers of another user. */
export function startNginx(options: GatewayOptions): Promise<Gateway> {
  const [config = ""] = Object.keys(options.files);
  const place = (folder: string): string => join(folder, config);
  const globals = "daemon off; master_process off; pid nginx.pid; error_log stderr warn;";
  return startGateway(nginxBinary() ?? "nginx", (folder) => ["-p", folder, "-e", "stderr", "-c", place(folder), "-g", globals], options);
}
