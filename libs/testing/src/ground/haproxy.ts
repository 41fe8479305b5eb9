import { existsSync } from "node:fs";
import { type Gateway, type GatewayOptions, startGateway } from "./gateway.ts";

/** HAProxy: named by GRANTLINE_TEST_HAPROXY, or where its package puts it. Undefined: skip by name. */
export function haproxyBinary(): string | undefined {
  const binary = process.env["GRANTLINE_TEST_HAPROXY"] ?? "/usr/sbin/haproxy";
  return existsSync(binary) ? binary : undefined;
}

/** A real HAProxy on the configuration given, in the foreground. */
export function startHaproxy(options: GatewayOptions): Promise<Gateway> {
  const [config = ""] = Object.keys(options.files);
  return startGateway(haproxyBinary() ?? "haproxy", () => ["-db", "-f", config], options);
}
